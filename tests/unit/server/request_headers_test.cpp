#include "server/request_headers.h"

#include <gtest/gtest.h>

#include "unit/server/support.h"

namespace soma::server {
namespace {

using std::chrono::milliseconds;

std::string token(const std::string& authorization) {
    return begin_context(test::make_head("GET", "/", {{"authorization", authorization}}), "m",
                         milliseconds(1000))
        .bearer_token;
}

TEST(RequestHeaders, BearerToken) {
    EXPECT_EQ(token("Bearer a.b.c"), "a.b.c");
    EXPECT_EQ(token("bearer a.b.c"), "a.b.c");
    EXPECT_EQ(token("Bearer   a.b.c "), "a.b.c");
    for (const char* bad : {"", "Bearer", "Bearer ", "Basic dXNlcg==", "Bearera.b.c", "a.b.c"}) {
        EXPECT_EQ(token(bad), "") << bad;
    }
    // Two are joined, and no token holds a comma: the gate refuses it.
    const auto twice =
        test::make_head("GET", "/", {{"authorization", "Bearer a"}, {"authorization", "Bearer b"}});
    EXPECT_EQ(begin_context(twice, "m", milliseconds(1)).bearer_token, "a, Bearer b");
}

TEST(RequestHeaders, ContextTakesTimeSpentWaitingIntoAccount) {
    auto head = test::make_head("GET", "/");
    const auto fresh = begin_context(head, "somabrain.v1.Memory.Recall", milliseconds(60'000));
    EXPECT_FALSE(fresh.deadline.passed());
    EXPECT_EQ(fresh.method, "somabrain.v1.Memory.Recall");
    EXPECT_EQ(fresh.request_id, head.request_id);
    head.received -= std::chrono::hours(1);
    EXPECT_TRUE(begin_context(head, "m", milliseconds(60'000)).deadline.passed());
}

TEST(RequestHeaders, TheRefIsKnownBeforeAnythingIsRefused) {
    const auto ref = [](const std::vector<Header>& headers) {
        return begin_context(test::make_head("POST", "/", headers), "m", milliseconds(1000))
            .telemetry_ref;
    };
    EXPECT_EQ(ref({}), "");
    EXPECT_EQ(ref({{"soma-telemetry-ref", "run 7"}}), "run 7");
    EXPECT_EQ(ref({{"soma-telemetry-ref", "a\x7f"}}), "") << "the event of that refusal names none";
    EXPECT_EQ(ref({{"soma-telemetry-ref", "a"}, {"soma-telemetry-ref", "b"}}), "");
}

std::string refusal(const std::vector<Header>& headers) {
    const auto head = test::make_head("POST", "/", headers);
    auto context = begin_context(head, "m", milliseconds(1000));
    try {
        add_checked_headers(head, true, context);
        return "";
    } catch (const Error& error) {
        return error.field() + " " + error.public_message();
    }
}

TEST(RequestHeaders, IdempotencyKeyAndTelemetryRef) {
    EXPECT_EQ(refusal({}), "");
    EXPECT_EQ(refusal({{"idempotency-key", std::string(128, 'k')}}), "");
    EXPECT_EQ(refusal({{"idempotency-key", std::string(129, 'k')}}),
              "Idempotency-Key must have at most 128 characters");
    EXPECT_EQ(refusal({{"idempotency-key", ""}}), "Idempotency-Key must not be empty");
    EXPECT_EQ(refusal({{"idempotency-key", "é"}}), "Idempotency-Key must be printable ASCII");
    EXPECT_EQ(refusal({{"idempotency-key", "a\tb"}}), "Idempotency-Key must be printable ASCII");
    // Joined they would be a key that neither of the two callers can repeat.
    EXPECT_EQ(refusal({{"idempotency-key", "a"}, {"idempotency-key", "b"}}),
              "Idempotency-Key must be given once");
    EXPECT_EQ(refusal({{"soma-telemetry-ref", "a"}, {"soma-telemetry-ref", "a"}}),
              "Soma-Telemetry-Ref must be given once");
    EXPECT_EQ(refusal({{"soma-telemetry-ref", std::string(256, '~')}}), "");
    EXPECT_EQ(refusal({{"soma-telemetry-ref", std::string(257, '~')}}),
              "Soma-Telemetry-Ref must have at most 256 characters");
    EXPECT_EQ(refusal({{"soma-telemetry-ref", "a\x7f"}}),
              "Soma-Telemetry-Ref must be printable ASCII");

    const auto head =
        test::make_head("POST", "/", {{"idempotency-key", "k"}, {"soma-telemetry-ref", "run 7"}});
    auto write = begin_context(head, "m", milliseconds(1000));
    add_checked_headers(head, true, write);
    EXPECT_EQ(write.idempotency_key, "k");
    EXPECT_EQ(write.telemetry_ref, "run 7");
    auto read = begin_context(head, "m", milliseconds(1000));
    add_checked_headers(head, false, read);
    EXPECT_EQ(read.idempotency_key, "");
}

TEST(RequestHeaders, MediaType) {
    for (const char* good :
         {"application/json", "Application/JSON", "application/json; charset=utf-8",
          "application/json;charset=UTF-8", "application/json ; charset=\"utf-8\""}) {
        EXPECT_TRUE(is_json_media_type(good)) << good;
    }
    for (const char* bad :
         {"", "text/plain", "application/jsonp", "application/json; charset=latin1",
          "application/problem+json", "application/json; boundary=x", "application/json;",
          "application/json, text/plain"}) {
        EXPECT_FALSE(is_json_media_type(bad)) << bad;
    }
}

TEST(RequestHeaders, Host) {
    for (const char* good :
         {"localhost", "localhost:9696", "a.example", "127.0.0.1:80", "[::1]", "[::1]:9696",
          "[::ffff:127.0.0.1]:1", "h-1_~.x%41", "localhost:", "a!$&'()*+,;=b"}) {
        EXPECT_TRUE(is_legal_host(good)) << good;
    }
    for (const std::string bad :
         {"",         ":",     ":80",      "a b",  "a/b", "a@b",    "a:b", "a:1:2",
          "a:123456", "[]",    "[",        "[::1", "::1", "[::1]x", "[x]", "a\tb",
          "a\x01",    "a\x7f", "\xc3\xa9", "a?b",  "a#b", "a\\b",   "<a>"}) {
        EXPECT_FALSE(is_legal_host(bad)) << bad;
    }
}

TEST(RequestHeaders, TraceParent) {
    const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    EXPECT_EQ(trace_id_of("00-" + trace + "-00f067aa0ba902b7-01"), trace);
    EXPECT_EQ(trace_id_of("cc-" + trace + "-00f067aa0ba902b7-01-more"), trace);
    const std::vector<std::string> refused = {
        "",
        "00-",
        "00-" + trace,
        "00-" + trace + "-00f067aa0ba902b7-01-x",
        "ff-" + trace + "-00f067aa0ba902b7-01",
        "00-" + trace + "-0000000000000000-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-" + trace + "-00f067aa0ba902b7-0g",
        "00_" + trace + "-00f067aa0ba902b7-01"};
    for (const auto& bad : refused) {
        EXPECT_EQ(trace_id_of(bad), "") << bad;
    }
}

TEST(RequestHeaders, RepeatedHeadersAreJoined) {
    const RequestHead head = test::make_head("GET", "/", {{"x", "a"}, {"y", "b"}, {"x", "c"}});
    EXPECT_EQ(find_header(head, "x"), "a, c");
    EXPECT_EQ(find_header(head, "z"), std::nullopt);
}

}  // namespace
}  // namespace soma::server
