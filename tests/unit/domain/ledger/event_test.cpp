#include "domain/ledger/event.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "base/canonical_json.h"
#include "base/encoding.h"
#include "base/error.h"

namespace soma::domain {
namespace {

EventDraft draft() {
    EventDraft out;
    out.id = *Uuid::parse("01890a5d-ac96-774b-bcce-b302099a8057");
    out.tenant = *Uuid::parse("0190163d-8694-739b-aea5-966c26f8ad91");
    out.stream = Stream::state;
    out.actor = "agent-7";
    out.action = "memory.remember";
    out.request_id = "r1";
    out.status = 201;
    out.targets = {out.id};
    return out;
}

const Time kTime = *parse_rfc3339("2026-01-02T03:04:05.678901Z");

TEST(Event, BodyIsCanonicalJson) {
    EXPECT_EQ(event_body(draft(), 7, kTime),
              R"({"action":"memory.remember","actor":"agent-7","decision":"allowed",)"
              R"("id":"01890a5d-ac96-774b-bcce-b302099a8057","request_id":"r1","status":201,)"
              R"("stream":"state","stream_sequence":7,)"
              R"("targets":["01890a5d-ac96-774b-bcce-b302099a8057"],)"
              R"("tenant":"0190163d-8694-739b-aea5-966c26f8ad91",)"
              R"("time":"2026-01-02T03:04:05.678901Z","v":1})");
}

TEST(Event, OptionalPartsAppearOnlyWhenGiven) {
    EventDraft full = draft();
    full.tenant.reset();
    full.stream = Stream::system;
    full.trace_id = "t";
    full.telemetry_ref = "run \"7\"";
    full.article = "A3";
    full.constitution_version = 4;
    full.constitution_hash = "cc";
    full.request_digest = "aa";
    full.answer_digest = "bb";
    full.supersedes = full.targets;
    full.details["top_k"] = 10;
    full.buffered = true;
    const std::string body = event_body(full, 1, kTime);
    for (const char* part :
         {R"("article":"A3")", R"("constitution_version":4)", R"("constitution_hash":"cc")",
          R"("details":{"top_k":10})", R"("request_digest":"aa")", R"("answer_digest":"bb")",
          R"("stream":"system")", R"("telemetry_ref":"run \"7\"")", R"("tenant":null)",
          R"("trace_id":"t")", R"("buffered":true)",
          R"("supersedes":["01890a5d-ac96-774b-bcce-b302099a8057"])"}) {
        EXPECT_NE(body.find(part), std::string::npos) << part;
    }
    EXPECT_EQ(body, to_canonical_json(boost::json::parse(body)));
}

TEST(Event, SizeIsBoundedAtTheByte) {
    EventDraft large = draft();
    const std::size_t base = event_body(large, 1, kTime).size();
    large.actor += std::string(kMaxEventBytes - base, 'x');
    EXPECT_EQ(event_body(large, 1, kTime).size(), kMaxEventBytes);
    large.actor += 'x';
    EXPECT_THROW(event_body(large, 1, kTime), Error);
}

// RFC 6962 §2.1.3's test tree: the leaf of no bytes, and of the one byte 0x00.
TEST(Event, LeafHashKnownAnswers) {
    EXPECT_EQ(to_hex(leaf_hash("")),
              "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    EXPECT_EQ(to_hex(leaf_hash(std::string(1, '\0'))),
              "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7");
}

TEST(Event, StreamNames) {
    EXPECT_EQ(to_string(Stream::state), "state");
    EXPECT_EQ(to_string(Stream::access), "access");
    EXPECT_EQ(to_string(Stream::system), "system");
}

}  // namespace
}  // namespace soma::domain
