#include "backends/object_store/answer/answers.h"

#include <gtest/gtest.h>

#include <string>

namespace soma::backends {
namespace {

std::string page(const std::string& inner) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListVersionsResult "
           "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" +
           inner + "</ListVersionsResult>";
}

std::string version(const std::string& name, const std::string& id) {
    return "<Version><ETag>&#34;e&#34;</ETag><IsLatest>true</IsLatest><Key>" + name +
           "</Key><Size>5</Size><VersionId>" + id + "</VersionId></Version>";
}

const std::string kLast = "<IsTruncated>false</IsTruncated>";

TEST(Answers, APageHasVersionsInItsOrderAndNoMarkers) {
    const auto read =
        read_version_page(page("<Name>law</Name>" + kLast + version("a&amp;b", "2") +
                               "<DeleteMarker><Key>a</Key><VersionId>9</VersionId></DeleteMarker>" +
                               version("a&amp;b", "1")));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->versions, (std::vector<ObjectVersion>{{"a&b", "2"}, {"a&b", "1"}}));
    EXPECT_FALSE(read->next);
    EXPECT_TRUE(read_version_page(page(kLast))->versions.empty());
}

TEST(Answers, APageSaysWhereTheNextBegins) {
    const std::string more = "<IsTruncated>true</IsTruncated>";
    const auto read = read_version_page(page(more + version("a", "1") +
                                             "<NextKeyMarker>a</NextKeyMarker>"
                                             "<NextVersionIdMarker>1</NextVersionIdMarker>"));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->next, (ObjectVersion{"a", "1"}));
    EXPECT_FALSE(read_version_page(page(more + version("a", "1"))));
    EXPECT_FALSE(read_version_page(page(more + "<NextKeyMarker>a</NextKeyMarker>")));
}

TEST(Answers, WhatIsNoPageIsNone) {
    for (const std::string& bad :
         {std::string(), std::string("<html></html>"), page(""), page(version("a", "1")),
          page("<IsTruncated>maybe</IsTruncated>"), page(kLast + version("", "1")),
          page(kLast + version("a", "")), page(kLast + "<Version/>"),
          page(kLast + version(std::string(kMaxObjectNameBytes + 1, 'a'), "1")),
          std::string("<ListBucketResult>" + kLast + "</ListBucketResult>")}) {
        EXPECT_FALSE(read_version_page(bad)) << bad;
    }
    EXPECT_TRUE(
        read_version_page(page(kLast + version(std::string(kMaxObjectNameBytes, 'a'), "1"))));
}

TEST(Answers, ALockHasAModeAndATime) {
    const auto lock = [](const std::string& mode, const std::string& until) {
        return read_lock("<Retention><Mode>" + mode + "</Mode><RetainUntilDate>" + until +
                         "</RetainUntilDate></Retention>");
    };
    const auto found = lock("COMPLIANCE", "2031-01-01T00:00:00Z");
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->compliance);
    EXPECT_EQ(format_rfc3339(found->until), "2031-01-01T00:00:00.000000Z");
    EXPECT_FALSE(lock("GOVERNANCE", "2031-01-01T00:00:00.000Z")->compliance);
    EXPECT_FALSE(lock("NONE", "2031-01-01T00:00:00Z"));
    EXPECT_FALSE(lock("COMPLIANCE", "tomorrow"));
    EXPECT_FALSE(read_lock("<Retention></Retention>"));
    EXPECT_FALSE(read_lock(""));
}

TEST(Answers, ABucketLocksWhenItSaysSo) {
    EXPECT_TRUE(
        read_lock_enabled("<ObjectLockConfiguration><ObjectLockEnabled>Enabled"
                          "</ObjectLockEnabled></ObjectLockConfiguration>"));
    EXPECT_FALSE(read_lock_enabled("<ObjectLockConfiguration/>"));
    EXPECT_FALSE(read_lock_enabled("nonsense"));
}

TEST(Answers, AnErrorsCodeIsFitForALog) {
    EXPECT_EQ(read_error_code("<Error><Code>NoSuchKey</Code><Message>m</Message></Error>"),
              "NoSuchKey");
    EXPECT_EQ(read_error_code("<Error><Code>No\nSuch</Code></Error>"), "");
    EXPECT_EQ(read_error_code("<Error><Code>" + std::string(65, 'a') + "</Code></Error>"), "");
    EXPECT_EQ(read_error_code("<html><Code>NoSuchKey</Code></html>"), "");
    EXPECT_EQ(read_error_code("not XML"), "");
}

}  // namespace
}  // namespace soma::backends
