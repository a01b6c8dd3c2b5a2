#include "server/witness/witness_site.h"

#include <gtest/gtest.h>

#include "backends/witness/witness_client.h"
#include "base/error.h"
#include "support/ledger/growing_log.h"
#include "support/ledger/running_witness.h"

namespace soma::server {
namespace {

using namespace std::chrono_literals;
using test::GrowingLog;

/// The protocol over HTTP, byte by byte.
class WitnessSiteTest : public ::testing::Test {
  protected:
    static std::string fresh_name() {
        static int made = 0;
        return "example.com/site/" + std::to_string(++made);
    }
    backends::HttpAnswer call(const std::string& verb, const std::string& path,
                              const std::string& body = {}) {
        backends::HttpRequest request;
        request.method = verb;
        request.url = running.url() + path;
        request.body = body;
        return http.send(request, Deadline(30s));
    }
    backends::HttpAnswer add(const domain::AddCheckpoint& asked) {
        return call("POST", "/add-checkpoint", encode_add_checkpoint(asked));
    }

    GrowingLog log{fresh_name()};
    test::RunningWitness running{
        std::make_shared<std::vector<domain::NoteKey>>(std::vector{log.key()})};
    backends::HttpClient http;
};

TEST_F(WitnessSiteTest, ACosignatureIsALineThatVerifies) {
    const auto asked = log.ask(0, 5);
    const auto answer = add(asked);
    EXPECT_EQ(answer.status, 200);
    const std::vector<domain::NoteKey> keys{running.key()};
    EXPECT_EQ(cosignature_line(asked.note, answer.body, keys), answer.body);
    EXPECT_EQ(add(log.ask(5, 9)).status, 200);
}

TEST_F(WitnessSiteTest, EachRefusalHasTheStatusOfTheProtocol) {
    EXPECT_EQ(add(GrowingLog("example.com/stranger").ask(0, 3)).status, 404);
    auto forged = log.ask(0, 3);
    forged.note.signatures[0].bytes[0] ^= 1;
    EXPECT_EQ(add(forged).status, 403);
    EXPECT_EQ(add(log.ask(0, 3)).status, 200);
    const auto stale = add(log.ask(1, 4));
    EXPECT_EQ(stale.status, 409);
    EXPECT_EQ(stale.header("content-type"), "text/x.tlog.size");
    EXPECT_EQ(stale.body, "3\n");
    const GrowingLog fork(log.key().name, 2, 1);
    EXPECT_EQ(add(fork.ask(3, 3)).status, 409);
    EXPECT_EQ(add(fork.ask(3, 8)).status, 422);
}

TEST_F(WitnessSiteTest, BadInputIsRefusedByFormAndSize) {
    EXPECT_EQ(call("GET", "/add-checkpoint").status, 405);
    const auto malformed = call("POST", "/add-checkpoint", "old 1\n\nno note\n");
    EXPECT_EQ(malformed.status, 400);
    EXPECT_EQ(malformed.header("content-type"), "application/problem+json");
    EXPECT_EQ(call("POST", "/add-checkpoint", std::string(domain::kMaxAddCheckpointBytes + 1, 'x'))
                  .status,
              413);
    EXPECT_EQ(call("POST", "/").status, 404);
    EXPECT_EQ(call("GET", "/health").status, 200);
}

TEST_F(WitnessSiteTest, WithOpenBaoAwayItIs503) {
    test::RunningWitness::bao().kill_now();
    EXPECT_EQ(add(log.ask(0, 3)).status, 503);
    test::RunningWitness::bao().start();
    test::RunningWitness::bao().wait_until_ready();
    EXPECT_EQ(add(log.ask(0, 3)).status, 200);
}

TEST_F(WitnessSiteTest, TheClientTellsAnswersApart) {
    backends::WitnessClient client(running.url(), "");
    const auto ask = [&](const domain::AddCheckpoint& asked) {
        return client.add_checkpoint(asked, Deadline(30s));
    };
    EXPECT_TRUE(std::holds_alternative<backends::WitnessLines>(ask(log.ask(0, 3))));
    EXPECT_EQ(std::get<backends::WitnessSize>(ask(log.ask(0, 4))).size, 3U);
    EXPECT_EQ(std::get<backends::WitnessRefused>(ask(GrowingLog("example.com/x").ask(0, 1))).status,
              404);
    running.stop();
    EXPECT_THROW(ask(log.ask(3, 4)), Error);
}

}  // namespace
}  // namespace soma::server
