#include "domain/ledger/relay/record.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "support/ledger/relayed.h"

namespace soma::domain {
namespace {

using test::relayed_event;
using test::uuid_of;

const RecordHeaders kHeaders = mark_headers({uuid_of(1), 5, 4});

std::string reason(std::string_view body, const RecordHeaders& headers = kHeaders) {
    try {
        read_record(headers, body);
        return "";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::conflict);
        return error.public_message();
    }
}

TEST(Record, ReadsAnEventsOwnBody) {
    const auto state =
        read_record(kHeaders, relayed_event(uuid_of(1), 5, uuid_of(7), Stream::state, 12).body);
    EXPECT_EQ(state.mark, (RelayMark{uuid_of(1), 5, 4}));
    EXPECT_EQ(state.place.tenant, uuid_of(7));
    EXPECT_EQ(state.place.stream, Stream::state);
    EXPECT_EQ(state.place.sequence, 12U);
    EXPECT_EQ(state.place.log_id, uuid_of(1));
    const auto system =
        read_record(kHeaders, relayed_event(uuid_of(1), 5, {}, Stream::system, 1).body);
    EXPECT_EQ(system.place.tenant, std::nullopt);
}

TEST(Record, AnotherVersionIsNotGuessedAt) {
    EXPECT_NE(reason(R"({"v":2,"stream":"system","stream_sequence":1,"tenant":null})")
                  .find("schema version 2"),
              std::string::npos);
}

TEST(Record, SaysWhatIsWrong) {
    const std::string id = uuid_of(7).to_string();
    const std::vector<std::pair<std::string, std::string>> bad{
        {"", "JSON"},
        {"[]", "JSON"},
        {R"({"v":1)", "JSON"},
        {"{}", "v is missing"},
        {R"({"v":"1"})", "v is no number"},
        {R"({"v":1,"tenant":null,"stream_sequence":1})", "stream is missing"},
        {R"({"v":1,"tenant":null,"stream":"other","stream_sequence":1})", "stream is none"},
        {R"({"v":1,"tenant":null,"stream":7,"stream_sequence":1})", "stream is none"},
        {R"({"v":1,"stream":"system","stream_sequence":1})", "tenant is missing"},
        {R"({"v":1,"tenant":"x","stream":"state","stream_sequence":1})", "tenant is no UUID"},
        {R"({"v":1,"tenant":7,"stream":"state","stream_sequence":1})", "tenant is no UUID"},
        {R"({"v":1,"tenant":null,"stream":"system"})", "stream_sequence is missing"},
        {R"({"v":1,"tenant":null,"stream":"system","stream_sequence":0})", "stream_sequence is no"},
        {R"({"v":1,"tenant":null,"stream":"system","stream_sequence":1.5})",
         "stream_sequence is no"},
        {R"({"v":1,"tenant":null,"stream":"state","stream_sequence":1})", "belongs to no tenant"},
        {R"({"v":1,"tenant":")" + id + R"(","stream":"system","stream_sequence":1})",
         "belongs to no tenant"}};
    for (const auto& [body, why] : bad) {
        EXPECT_NE(reason(body).find(why), std::string::npos) << body << ": " << reason(body);
    }
}

TEST(Record, SizesAreBounded) {
    auto body = relayed_event(uuid_of(1), 5, uuid_of(7), Stream::state, 12).body;
    body.resize(kMaxEventBytes, ' ');
    EXPECT_EQ(reason(body), "");
    body += ' ';
    EXPECT_NE(reason(body).find("65536 bytes"), std::string::npos);
}

TEST(Record, WithoutTheRelaysHeadersItIsNotTheLedgers) {
    const auto body = relayed_event(uuid_of(1), 5, uuid_of(7), Stream::state, 12).body;
    EXPECT_NE(reason(body, {}).find("headers"), std::string::npos);
}

}  // namespace
}  // namespace soma::domain
