#include "services/constitution/lawmaking.h"

#include <thread>

#include "support/law/lawgivers.h"

namespace soma::services {
namespace {

using test::LivingCore;
using testing::Holder;

class LawmakingTest : public ::testing::Test {
  protected:
    /// The events on `system` since the test began.
    std::vector<boost::json::object> system_events() {
        static constexpr backends::Statement kRead{
            "law_events",
            "SELECT body FROM events WHERE tenant IS NULL AND log_index >= $1::bigint"
            " ORDER BY log_index"};
        const auto result = all.as_superuser(kRead, backends::Params().add(begin));
        std::vector<boost::json::object> bodies;
        for (int row = 0; row < result.rows(); ++row) {
            bodies.push_back(boost::json::parse(result.row(row).bytes(0)).as_object());
        }
        return bodies;
    }
    std::uint64_t log_size() {
        static constexpr backends::Statement kSize{"law_log_size", "SELECT size FROM log"};
        return all.as_superuser(kSize).row(0).uint64(0);
    }

    test::Lawgivers all;
    std::uint64_t begin = log_size();
};

TEST_F(LawmakingTest, TheFirstLawIsProposedSignedAndActivated) {
    const auto proposed = all.propose(all.first);
    EXPECT_EQ(proposed.summary().id(), to_hex(all.first.hash));
    EXPECT_EQ(proposed.summary().state(), "collecting");
    EXPECT_EQ(proposed.signatures_of_own_holders().need(), 3);
    EXPECT_EQ(from_base64(proposed.signed_bytes()), domain::signed_bytes(all.first));
    EXPECT_EQ(all.sign(all.first, Holder("a").sign(all.first)).signatures(0).signer(), "a");
    all.sign(all.first, Holder("b").sign(all.first));
    test::expect_error(ErrorKind::conflict, "", [&] { all.activate(all.first); });
    EXPECT_FALSE(all.law.why_not(wall_clock_now()).empty());
    EXPECT_EQ(all.sign(all.first, Holder("c").sign(all.first)).summary().state(), "ready");
    const auto active = all.activate(all.first);
    EXPECT_EQ(active.summary().state(), "active");
    EXPECT_TRUE(active.summary().has_activated_at());
    EXPECT_EQ(all.law.require(wall_clock_now())->version, 1U);

    const auto events = system_events();
    ASSERT_EQ(events.size(), 5U);
    const char* actions[] = {"constitution.propose", "constitution.sign", "constitution.sign",
                             "constitution.sign", "constitution.activate"};
    for (std::size_t i = 0; i < events.size(); ++i) {
        EXPECT_EQ(events[i].at("action"), actions[i]);
        EXPECT_EQ(events[i].at("details").at("law").as_string(), to_hex(all.first.hash));
        EXPECT_EQ(events[i].at("actor"), "tester");
    }
}

TEST_F(LawmakingTest, AStepThatWasTakenIsAnsweredAgainAndWritesNothing) {
    all.enact(all.first);
    const auto size = log_size();
    all.propose(all.first);
    EXPECT_EQ(all.activate(all.first).summary().state(), "active");
    const auto next = all.next();
    all.propose(next);
    const auto signature = Holder("a").sign(next);
    all.sign(next, signature);
    EXPECT_EQ(all.sign(next, signature).signatures_size(), 1);
    EXPECT_EQ(all.propose(next).signatures_size(), 1);
    EXPECT_EQ(log_size(), size + 2);
}

TEST_F(LawmakingTest, RefusalsSayWhyAndWriteNothing) {
    all.enact(all.first);
    const auto next = all.next();
    all.propose(next);
    const auto size = log_size();
    const auto bent = [&] {
        auto signature = Holder("a").sign(next);
        signature.bytes[5] = static_cast<char>(signature.bytes[5] ^ 1);
        return signature;
    }();
    test::expect_error(ErrorKind::invalid_argument, "/signature", [&] { all.sign(next, bent); });
    test::expect_error(ErrorKind::invalid_argument, "/public_key",
                       [&] { all.sign(next, Holder("x").sign(next)); });
    test::expect_error(ErrorKind::conflict, "", [&] { all.activate(next); });
    const auto unknown = testing::document_of(test::current_law(2, std::string(64, 'p')));
    test::expect_error(ErrorKind::not_found, "/id", [&] { all.activate(unknown); });
    test::expect_error(ErrorKind::conflict, "", [&] { all.propose(unknown); });
    test::expect_error(ErrorKind::invalid_argument, "/document", [&] {
        auto spaced = next;
        spaced.text += " ";
        all.propose(spaced);
    });
    EXPECT_EQ(log_size(), size);
}

TEST_F(LawmakingTest, HoldersAndThresholdChangeByBothSets) {
    all.enact(all.first);
    auto json = test::current_law(2, all.first.hash);
    json["signers"] = testing::signers_json("cdxyz");
    json["threshold"] = 4;
    const auto rotated = testing::document_of(json);
    all.propose(rotated);
    for (const auto& holder : testing::holders("xyzd")) {
        all.sign(rotated, holder.sign(rotated));
    }
    test::expect_error(ErrorKind::conflict, "", [&] { all.activate(rotated); });  // 1 of 3 old
    for (const auto& holder : testing::holders("ab")) {
        all.sign(rotated, holder.sign(rotated));
    }
    EXPECT_EQ(all.activate(rotated).summary().version(), 2U);
    auto third = test::current_law(3, rotated.hash);
    third["signers"] = testing::signers_json("xyz");
    const auto revoked = testing::document_of(third);
    all.propose(revoked);
    test::expect_error(ErrorKind::invalid_argument, "/public_key",
                       [&] { all.sign(revoked, Holder("a").sign(revoked)); });
}

TEST_F(LawmakingTest, OfTwoThatActivateAtOnceOneWins) {
    all.enact(all.first);
    const domain::Document rivals[] = {all.next(2), all.next(4)};
    for (const auto& rival : rivals) {
        all.propose(rival);
        for (const auto& holder : testing::holders("abcd")) {
            all.sign(rival, holder.sign(rival));
        }
    }
    std::atomic<int> won{0};
    std::atomic<int> told{0};
    std::vector<std::thread> operators;
    for (const auto& rival : rivals) {
        operators.emplace_back([&] {
            try {
                all.activate(rival);
                ++won;
            } catch (const Error& error) {
                told += error.kind() == ErrorKind::conflict ? 1 : 0;
            }
        });
    }
    for (auto& thread : operators) {
        thread.join();
    }
    EXPECT_EQ(won, 1);
    EXPECT_EQ(told, 1);
    EXPECT_EQ(all.keeper.chain()->version(), 2U);
}

TEST_F(LawmakingTest, WithOpenBaoAwayTheLawStaysAndNothingChangesIt) {
    all.enact(all.first);
    const auto next = all.next();
    all.bao().kill_now();
    test::expect_error(ErrorKind::unavailable, "", [&] { all.propose(next); });
    EXPECT_EQ(all.law.require(wall_clock_now())->version, 1U);
    all.bao().start();
    all.bao().wait_until_ready();
    all.propose(next);
}

}  // namespace
}  // namespace soma::services
