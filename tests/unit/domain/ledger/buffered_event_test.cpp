#include "domain/ledger/buffered_event.h"

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/canonical_json.h"
#include "base/error.h"
#include "support/property.h"

namespace soma::domain {
namespace {

const Time kTime = *parse_rfc3339("2026-01-02T03:04:05.678901Z");

EventDraft draft() {
    EventDraft out;
    out.id = *Uuid::parse("01890a5d-ac96-774b-bcce-b302099a8057");
    out.tenant = *Uuid::parse("0190163d-8694-739b-aea5-966c26f8ad91");
    out.actor = "agent-7";
    out.action = "recall";
    out.status = 200;
    return out;
}

EventDraft full_draft() {
    EventDraft out = draft();
    out.request_id = "r1";
    out.trace_id = "t";
    out.telemetry_ref = "run \"7\"";
    out.decision = "refused";
    out.article = "A3";
    out.constitution_version = 4;
    out.constitution_hash = "cc";
    out.request_digest = "aa";
    out.answer_digest = "bb";
    out.targets = {out.id};
    out.supersedes = {out.id};
    out.details["redacted"] = boost::json::array{"pii.email"};
    out.details["share"] = 0.1;
    return out;
}

std::string refusal(std::string_view bytes) {
    const auto parsed = parse_buffered(bytes);
    const auto* reason = std::get_if<std::string>(&parsed);
    return reason == nullptr ? "" : *reason;
}

/// A good entry with one member changed; null takes it away.
std::string with(std::string_view name, boost::json::value value) {
    auto object = boost::json::parse(encode_buffered(full_draft(), kTime)).as_object();
    if (value.is_null()) {
        object.erase(name);
    } else {
        object[name] = std::move(value);
    }
    return to_canonical_json(object);
}

TEST(BufferedEvent, IsTheBodyToBeWithoutItsSequence) {
    EventDraft marked = draft();
    marked.buffered = true;
    EXPECT_EQ(encode_buffered(draft(), kTime), event_body(marked, 0, kTime));
    EXPECT_NE(encode_buffered(draft(), kTime).find(R"("buffered":true)"), std::string::npos);
}

TEST(BufferedEvent, ComesBackWhole) {
    for (const EventDraft& given : {draft(), full_draft()}) {
        const std::string bytes = encode_buffered(given, kTime);
        const auto parsed = parse_buffered(bytes);
        const auto* read = std::get_if<BufferedEvent>(&parsed);
        ASSERT_NE(read, nullptr) << std::get<std::string>(parsed);
        EXPECT_EQ(read->time, kTime);
        EXPECT_TRUE(read->event.buffered);
        EXPECT_EQ(read->event.id, given.id);
        EXPECT_EQ(read->event.tenant, given.tenant);
        EXPECT_EQ(read->event.article, given.article);
        EXPECT_EQ(read->event.targets, given.targets);
        EXPECT_EQ(encode_buffered(read->event, read->time), bytes);
    }
}

TEST(BufferedEvent, ASequenceOfAnyLengthFitsLater) {
    EventDraft large = draft();
    const std::size_t base = encode_buffered(large, kTime).size();
    large.actor += std::string(kMaxBufferedBytes - base, 'x');
    const std::string bytes = encode_buffered(large, kTime);
    EXPECT_EQ(refusal(bytes), "");
    large.buffered = true;
    EXPECT_LE(event_body(large, (std::uint64_t{1} << 53) - 1, kTime).size(), kMaxEventBytes);
    large.actor += 'x';
    EXPECT_THROW(encode_buffered(large, kTime), Error);
    EXPECT_EQ(refusal(event_body(large, 0, kTime)), "more than 65520 bytes");
}

TEST(BufferedEvent, OfAnotherVersionIsSaidToBe) {
    const std::string unknown = "of a schema version that this program does not know";
    EXPECT_EQ(refusal(with("v", 2)), unknown);
    EXPECT_EQ(refusal(with("v", "1")), unknown);
    EXPECT_EQ(refusal(with("v", nullptr)), unknown);
}

TEST(BufferedEvent, WhatIsNoEventIsRefusedWithAReason) {
    const std::string good = encode_buffered(full_draft(), kTime);
    for (const std::string& bytes : {std::string(), std::string("null"), std::string("[]"),
                                     std::string("{"), good + " ", good + good, "\xff" + good}) {
        EXPECT_NE(refusal(bytes), "") << bytes;
    }
    for (const char* name : {"action", "decision", "id", "status", "stream", "stream_sequence",
                             "tenant", "time", "buffered", "actor"}) {
        EXPECT_NE(refusal(with(name, nullptr)), "") << name << " is needed";
        EXPECT_NE(refusal(with(name, boost::json::array{})), "") << name << " is of one kind";
    }
    EXPECT_NE(refusal(with("stream", "state")), "");
    EXPECT_NE(refusal(with("stream_sequence", 1)), "") << "the committer gives it";
    EXPECT_NE(refusal(with("status", 600)), "");
    EXPECT_NE(refusal(with("status", -1)), "");
    EXPECT_NE(refusal(with("time", "2026-01-02T03:04:05Z")), "") << "one instant, one text";
    EXPECT_NE(refusal(with("tenant", "0190163D-8694-739B-AEA5-966C26F8AD91")), "");
    EXPECT_NE(refusal(with("targets", boost::json::array{"x"})), "");
    EXPECT_NE(refusal(with("surprise", true)), "");
    EXPECT_NE(refusal(with("buffered", false)), "");
    EXPECT_NE(refusal(with("actor", boost::json::string("a\0b", 3))), "");
    EXPECT_NE(refusal(boost::json::serialize(boost::json::parse(good)) + "\n"), "");
}

TEST(BufferedEvent, AnyByteChangedIsAnotherEventOrNone) {
    const std::string good = encode_buffered(full_draft(), kTime);
    test::property([&] {
        std::string bytes = good;
        const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
        bytes[at] = static_cast<char>(*rc::gen::inRange(0, 256));
        const auto parsed = parse_buffered(bytes);
        if (const auto* read = std::get_if<BufferedEvent>(&parsed)) {
            RC_ASSERT(encode_buffered(read->event, read->time) == bytes);
        }
    });
}

}  // namespace
}  // namespace soma::domain
