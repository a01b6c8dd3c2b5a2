#include "backends/vault/law_mark.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/json/object.hpp>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "support/openbao_server.h"

namespace soma::backends {
namespace {

using namespace std::chrono_literals;

Deadline soon() {
    return Deadline(30s);
}

/// Version n of one history.
MarkedLaw law(std::uint64_t version, char history = 'a') {
    return {version, std::string(64, static_cast<char>(history + version))};
}

ErrorKind kind_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.kind();
    }
    ADD_FAILURE() << "nothing was thrown";
    return ErrorKind::invalid_argument;
}

/// The service's own login on a server of the tests' own: the stack's mark is the stack's. Each
/// test begins without a mark.
class LawMarkTest : public ::testing::Test {
  protected:
    LawMarkTest() { server_.administer("DELETE", "/v1/soma/metadata/constitution/mark", {}); }

    static test::OpenBaoServer& made() {
        static test::OpenBaoServer server;
        static const bool once = (server.set_up("soma-signer-1"), true);
        EXPECT_TRUE(once);
        return server;
    }
    test::OpenBaoServer& server_ = made();
};

TEST_F(LawMarkTest, RisesAndNeverFalls) {
    Vault vault(server_.login("vault"));
    LawMark mark(vault);
    EXPECT_EQ(mark.read(soon()), std::nullopt);
    EXPECT_EQ(mark.raise(law(1), soon()), law(1));
    EXPECT_EQ(mark.raise(law(1), soon()), law(1));  // again: no change
    EXPECT_EQ(mark.raise(law(3), soon()), law(3));
    EXPECT_EQ(mark.raise(law(2), soon()), law(3));
    EXPECT_EQ(mark.read(soon()), law(3));
    EXPECT_EQ(kind_of([&] { mark.raise(law(3, 'k'), soon()); }), ErrorKind::conflict);
    EXPECT_EQ(mark.read(soon()), law(3));
}

TEST_F(LawMarkTest, ManyRaisersLeaveTheHighest) {
    constexpr int kRaisers = 8;
    constexpr std::uint64_t kTop = 12;
    std::atomic<int> fallen{0};
    std::vector<std::thread> raisers;
    for (int i = 0; i < kRaisers; ++i) {
        raisers.emplace_back([&, i] {
            Vault vault(server_.login("vault"));
            LawMark mark(vault);
            for (std::uint64_t step = 1; step <= kTop; ++step) {
                // Half of them go up, half come down.
                const auto wanted = law(i % 2 == 0 ? step : kTop + 1 - step);
                const auto stands = mark.raise(wanted, soon());
                fallen += stands.version < wanted.version ? 1 : 0;
                fallen += mark.read(soon())->version < stands.version ? 1 : 0;
            }
        });
    }
    for (auto& raiser : raisers) raiser.join();
    EXPECT_EQ(fallen, 0);
    Vault vault(server_.login("vault"));
    EXPECT_EQ(LawMark(vault).read(soon()), law(kTop));
}

TEST_F(LawMarkTest, OfTwoHistoriesUnderOneNumberOneIsTold) {
    std::atomic<int> raised{0};
    std::atomic<int> told{0};
    std::vector<std::thread> raisers;
    for (const char history : {'a', 'k'}) {
        raisers.emplace_back([&, history] {
            Vault vault(server_.login("vault"));
            try {
                LawMark(vault).raise(law(1, history), soon());
                ++raised;
            } catch (const Error& error) {
                told += error.kind() == ErrorKind::conflict ? 1 : 0;
            }
        });
    }
    for (auto& raiser : raisers) raiser.join();
    EXPECT_EQ(raised, 1);
    EXPECT_EQ(told, 1);
}

TEST_F(LawMarkTest, TheServiceCannotDeleteIt) {
    Vault vault(server_.login("vault"));
    LawMark mark(vault);
    mark.raise(law(1), soon());
    EXPECT_EQ(kind_of([&] { vault.erase("constitution/mark", soon()); }), ErrorKind::unavailable);
    EXPECT_EQ(mark.read(soon()), law(1));
    // And a signer may not even read it.
    Vault signer(server_.login("soma-signer-1"));
    EXPECT_EQ(kind_of([&] { LawMark(signer).raise(law(2), soon()); }), ErrorKind::unavailable);
}

TEST_F(LawMarkTest, WhatIsNoMarkIsNotTakenForNone) {
    Vault vault(server_.login("vault"));
    ASSERT_TRUE(vault.put_if("constitution/mark", {{"version", 1}, {"hash", "ab"}}, 0, soon()));
    LawMark mark(vault);
    EXPECT_EQ(kind_of([&] { mark.read(soon()); }), ErrorKind::internal);
    EXPECT_EQ(kind_of([&] { mark.raise(law(2), soon()); }), ErrorKind::internal);
}

TEST_F(LawMarkTest, ADeletedMarkIsNotMadeAnew) {
    Vault vault(server_.login("vault"));
    LawMark mark(vault);
    mark.raise(law(5), soon());
    server_.administer("DELETE", "/v1/soma/data/constitution/mark", {});
    EXPECT_EQ(kind_of([&] { mark.raise(law(1), soon()); }), ErrorKind::unavailable);
}

TEST_F(LawMarkTest, ASealedOrKilledServerIsUnavailable) {
    Vault vault(server_.login("vault"));
    LawMark mark(vault);
    mark.raise(law(1), soon());
    server_.seal();
    EXPECT_EQ(kind_of([&] { mark.read(soon()); }), ErrorKind::unavailable);
    EXPECT_EQ(kind_of([&] { mark.raise(law(2), soon()); }), ErrorKind::unavailable);
    server_.kill_now();
    EXPECT_EQ(kind_of([&] { mark.read(soon()); }), ErrorKind::unavailable);
    EXPECT_EQ(kind_of([&] { mark.raise(law(2), soon()); }), ErrorKind::unavailable);
    server_.start();
    server_.wait_until_ready();
    EXPECT_EQ(mark.read(soon()), law(1));
    EXPECT_EQ(mark.raise(law(2), soon()), law(2));
}

}  // namespace
}  // namespace soma::backends
