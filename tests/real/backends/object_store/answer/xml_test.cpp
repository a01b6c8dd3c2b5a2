#include "backends/object_store/answer/xml.h"

#include <gtest/gtest.h>

#include <string>

namespace soma::backends {
namespace {

/// name(text;child,child): the whole of what was read.
std::string drawn(const XmlElement& element) {
    std::string out = element.name + "(" + element.text;
    for (const XmlElement& child : element.children) {
        out += ";" + drawn(child);
    }
    return out + ")";
}

std::string read(std::string_view text) {
    const auto root = parse_xml(text);
    return root ? drawn(*root) : "refused";
}

TEST(Xml, ReadsElementsAndText) {
    EXPECT_EQ(read("<a/>"), "a()");
    EXPECT_EQ(read("<a></a>"), "a()");
    EXPECT_EQ(read("<a>x</a>"), "a(x)");
    EXPECT_EQ(read("<a>x<b/>y<b>z</b></a>"), "a(xy;b();b(z))");
    EXPECT_EQ(read("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a >\n</a >\n"), "a(\n)");
    EXPECT_EQ(read("<ns:a xmlns=\"u\" b='\"' c = \"d\"/>"), "refused") << "blanks around =";
    EXPECT_EQ(read("<ns:a xmlns=\"u\" b='\"'/>"), "ns:a()");
    EXPECT_EQ(read("<a><b/><b/></a>"), "a(;b();b())");
}

TEST(Xml, ReadsTheFiveEntitiesAndCharacters) {
    EXPECT_EQ(read("<a>&lt;&gt;&amp;&quot;&apos;&#34;&#x22;&#xe9;&#128512;</a>"),
              "a(<>&\"'\"\"\xc3\xa9\xf0\x9f\x98\x80)");
    for (const char* bad : {"&", "&;", "&nbsp;", "&#;", "&#x;", "&#0;", "&#xD800;", "&#xDFFF;",
                            "&#x110000;", "&#-1;", "&#4294967297;", "&#12", "&lt", "&#x1g;"}) {
        EXPECT_EQ(read("<a>" + std::string(bad) + "</a>"), "refused") << bad;
    }
}

TEST(Xml, RefusesWhatNoServerNeeds) {
    for (const char* bad : {"",
                            " ",
                            "a",
                            "<",
                            "<a",
                            "<a>",
                            "<a/",
                            "<a></b>",
                            "<a></a",
                            "<a></aa>",
                            "<a/><b/>",
                            "<a/>x",
                            "x<a/>",
                            "</a>",
                            "< a/>",
                            "<1/>",
                            "<a b/>",
                            "<a b=c/>",
                            "<a b=\"/>",
                            "<a b='<'/>",
                            "<a b=\"c\"/",
                            "<a><b></a></b>",
                            "<!DOCTYPE a><a/>",
                            "<!DOCTYPE a [<!ENTITY e \"e\">]><a>&e;</a>",
                            "<a><!-- c --></a>",
                            "<a><![CDATA[x]]></a>",
                            "<a><?pi?></a>",
                            "<?xml",
                            "<?xml version='1.0'>",
                            "\xef\xbb\xbf<a/>",
                            "<a>\xff</a>",
                            "<a>\xed\xa0\x80</a>"}) {
        EXPECT_EQ(read(bad), "refused") << bad;
    }
}

TEST(Xml, IsBounded) {
    const auto nested = [](std::size_t depth) {
        std::string text;
        for (std::size_t i = 0; i < depth; ++i) text += "<a>";
        for (std::size_t i = 0; i < depth; ++i) text += "</a>";
        return text;
    };
    EXPECT_NE(read(nested(kMaxXmlDepth)), "refused");
    EXPECT_EQ(read(nested(kMaxXmlDepth + 1)), "refused");
    EXPECT_EQ(read(nested(1'000'000)), "refused");
    const auto wide = [](std::size_t elements) {
        std::string text = "<a>";
        for (std::size_t i = 1; i < elements; ++i) text += "<b/>";
        return text + "</a>";
    };
    EXPECT_NE(read(wide(kMaxXmlElements)), "refused");
    EXPECT_EQ(read(wide(kMaxXmlElements + 1)), "refused");
    EXPECT_NE(read("<a>" + std::string(kMaxXmlBytes - 7, ' ') + "</a>"), "refused");
    EXPECT_EQ(read("<a>" + std::string(kMaxXmlBytes - 6, ' ') + "</a>"), "refused");
    EXPECT_NE(read("<" + std::string(128, 'a') + "/>"), "refused");
    EXPECT_EQ(read("<" + std::string(129, 'a') + "/>"), "refused");
}

TEST(Xml, ChildrenAreFoundByName) {
    const auto root = parse_xml("<a><b>1</b><c>2</c><b>3</b></a>");
    ASSERT_TRUE(root);
    EXPECT_EQ(root->text_of("b"), "1");
    EXPECT_EQ(root->text_of("c"), "2");
    EXPECT_EQ(root->text_of("d"), "");
    EXPECT_EQ(root->find("d"), nullptr);
}

}  // namespace
}  // namespace soma::backends
