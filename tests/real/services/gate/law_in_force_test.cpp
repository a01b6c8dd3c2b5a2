#include "services/gate/law_in_force.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/encoding.h"
#include "base/error.h"
#include "support/law_forge.h"

namespace soma::services {
namespace {

using std::chrono::steady_clock;
using testing::kNow;

std::shared_ptr<const EnforcedLaw> law(std::uint64_t version = 1) {
    const auto document = testing::document_of(
        version == 1 ? testing::law_json() : testing::law_json(version, std::string(64, 'h')));
    return std::make_shared<const EnforcedLaw>(
        EnforcedLaw{version, document.hash, document.law, domain::RuleSet(document.law.rules)});
}

steady_clock::time_point in(std::chrono::seconds from_now) {
    return steady_clock::now() + from_now;
}

/// The message of the refusal, which must be "unavailable" with a time to come back.
std::string refusal(const LawInForce& in_force, Time now = kNow) {
    try {
        in_force.require(now);
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::unavailable);
        EXPECT_GT(error.retry_after_seconds(), 0);
        EXPECT_EQ(error.public_message(), "no law is in force: " + in_force.why_not(now));
        EXPECT_EQ(in_force.find(now), nullptr);
        return error.public_message();
    }
    ADD_FAILURE() << "there is a law in force";
    return "";
}

TEST(LawInForce, ThereIsNoneBeforeTheFirst) {
    const LawInForce in_force;
    EXPECT_EQ(refusal(in_force), "no law is in force: no constitution has been activated yet");
}

TEST(LawInForce, WhatWasPutIsGivenToAll) {
    LawInForce in_force;
    const auto first = law();
    in_force.put(first, in(std::chrono::seconds(600)));
    EXPECT_EQ(in_force.require(kNow), first);
    EXPECT_EQ(in_force.find(kNow), first);
    EXPECT_EQ(in_force.why_not(kNow), "");
    const auto second = law(2);
    in_force.put(second, in(std::chrono::seconds(600)));
    EXPECT_EQ(in_force.require(kNow), second);
    EXPECT_EQ(first->version, 1U) << "a request that began under it keeps it";
}

TEST(LawInForce, WithdrawnSaysWhyUntilTheNext) {
    LawInForce in_force;
    in_force.put(law(), in(std::chrono::seconds(600)));
    in_force.withdraw("postgresql holds another version 1");
    EXPECT_EQ(refusal(in_force), "no law is in force: postgresql holds another version 1");
    in_force.put(law(), in(std::chrono::seconds(600)));
    EXPECT_EQ(in_force.why_not(kNow), "");
}

TEST(LawInForce, NotVerifiedForTooLongIsNoLaw) {
    LawInForce in_force;
    in_force.put(law(), steady_clock::now());
    EXPECT_NE(refusal(in_force).find("could not be verified again"), std::string::npos);
    in_force.put(law(), in(std::chrono::seconds(600)));
    EXPECT_EQ(in_force.why_not(kNow), "");
}

TEST(LawInForce, OutOfItsTermIsNoLaw) {
    LawInForce in_force;
    const auto held = law();
    in_force.put(held, in(std::chrono::seconds(600)));
    const Time end = held->law.expires_at;
    EXPECT_EQ(in_force.require(end - std::chrono::microseconds(1)), held);
    EXPECT_NE(refusal(in_force, end).find("expired"), std::string::npos);
    const Time early = held->law.issued_at - domain::kClockTolerance - std::chrono::seconds(1);
    EXPECT_NE(refusal(in_force, early).find("future"), std::string::npos);
}

TEST(LawInForce, AnEventNamesTheVersionItHappensUnder) {
    domain::EventDraft event;
    stamp(event, nullptr);
    EXPECT_EQ(event.constitution_version, std::nullopt);
    EXPECT_EQ(event.constitution_hash, "");
    const auto held = law();
    stamp(event, held.get());
    EXPECT_EQ(event.constitution_version, 1U);
    EXPECT_EQ(event.constitution_hash, to_hex(held->hash));
}

TEST(LawInForce, ReadersSeeOneVersionOrTheOtherWhileItChanges) {
    LawInForce in_force;
    const std::shared_ptr<const EnforcedLaw> laws[] = {law(1), law(2)};
    in_force.put(laws[0], in(std::chrono::seconds(600)));
    std::atomic<bool> done{false};
    std::thread writer([&] {
        for (int i = 0; i < 2000; ++i) {
            in_force.put(laws[i % 2], in(std::chrono::seconds(600)));
        }
        done = true;
    });
    std::size_t strange = 0;
    do {
        const auto held = in_force.require(kNow);
        strange += held->law.version == held->version ? 0 : 1;
    } while (!done);
    writer.join();
    EXPECT_EQ(strange, 0U);
}

}  // namespace
}  // namespace soma::services
