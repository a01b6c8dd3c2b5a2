#include "base/sensitive/text_classes.h"

#include <gtest/gtest.h>

#include <set>

namespace soma {
namespace {

TEST(TextClasses, ReadBackFromTheirNames) {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < kTextClassCount; ++i) {
        const auto text_class = static_cast<TextClass>(i);
        EXPECT_EQ(parse_text_class(text_class_name(text_class)), text_class);
        names.insert(text_class_name(text_class));
    }
    EXPECT_EQ(names.size(), kTextClassCount);
    EXPECT_FALSE(parse_text_class("pii"));
    EXPECT_FALSE(parse_text_class(""));
}

TEST(TextClasses, AreASet) {
    TextClasses classes{TextClass::pii_card};
    EXPECT_TRUE(classes.has(TextClass::pii_card));
    EXPECT_FALSE(classes.has(TextClass::pii_email));
    classes.add(TextClasses{TextClass::pii_email, TextClass::pii_card});
    EXPECT_EQ(classes, (TextClasses{TextClass::pii_card, TextClass::pii_email}));
    EXPECT_TRUE(classes.intersects({TextClass::pii_email}));
    EXPECT_FALSE(classes.intersects({TextClass::pii_iban}));
    EXPECT_TRUE(TextClasses().empty());
    EXPECT_EQ(classes & (TextClasses{TextClass::pii_email, TextClass::pii_iban}),
              TextClasses{TextClass::pii_email});
    EXPECT_TRUE((classes & TextClasses{TextClass::pii_iban}).empty());
    EXPECT_EQ(text_class_names(classes), "pii.email, pii.card");
    EXPECT_EQ(text_class_names({}), "");
    for (std::size_t i = 0; i < kTextClassCount; ++i) {
        EXPECT_TRUE(kAllTextClasses.has(static_cast<TextClass>(i)));
    }
}

}  // namespace
}  // namespace soma
