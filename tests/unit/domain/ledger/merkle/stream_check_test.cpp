#include "domain/ledger/merkle/stream_check.h"

#include <gtest/gtest.h>

namespace soma::domain {
namespace {

std::string event(int sequence, const std::string& stream = "state",
                  const std::string& tenant = "\"a\"") {
    return R"({"stream":")" + stream + R"(","stream_sequence":)" + std::to_string(sequence) +
           R"(,"tenant":)" + tenant + "}";
}

TEST(StreamCheckTest, EachStreamOfEachTenantRisesByOne) {
    StreamCheck check;
    EXPECT_EQ(check.next(event(41)), "") << "where it begins is not judged";
    EXPECT_EQ(check.next(event(1, "access")), "");
    EXPECT_EQ(check.next(event(7, "state", "\"b\"")), "");
    EXPECT_EQ(check.next(event(3, "system", "null")), "");
    EXPECT_EQ(check.next(event(42)), "");
    EXPECT_EQ(check.next(event(2, "access")), "");
    EXPECT_EQ(check.next(event(8, "state", "\"b\"")), "");
    EXPECT_EQ(check.next(event(4, "system", "null")), "");
}

TEST(StreamCheckTest, GapsAndRepetitionsAreSaid) {
    for (const int next : {43, 41, 40}) {
        StreamCheck check;
        EXPECT_EQ(check.next(event(41)), "");
        EXPECT_EQ(check.next(event(next)),
                  "stream_sequence " + std::to_string(next) + " follows 41 in state of a");
    }
}

TEST(StreamCheckTest, WhatIsNoEventIsSaid) {
    StreamCheck check;
    for (const auto* text :
         {"", "{", "[]", "{}", R"({"stream":"state"})", R"({"stream_sequence":1})",
          R"({"stream":1,"stream_sequence":1})", R"({"stream":"state","stream_sequence":0})",
          R"({"stream":"state","stream_sequence":1.5})",
          R"({"stream":"state","stream_sequence":1,"stream":"x"})"}) {
        EXPECT_EQ(check.next(text), "its entry is no event") << text;
    }
}

}  // namespace
}  // namespace soma::domain
