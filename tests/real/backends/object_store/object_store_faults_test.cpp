// The store killed, frozen, restarted, and strangers in its place.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "backends/object_store/object_store.h"
#include "base/error.h"
#include "support/silent_port.h"
#include "support/stores/object_store_server.h"

namespace soma::backends {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

Deadline soon() {
    return Deadline(60s);
}

Time later() {
    return wall_clock_now() + days(2);
}

void expect_unavailable(const std::function<void()>& call) {
    try {
        call();
        ADD_FAILURE() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::unavailable);
        EXPECT_EQ(error.public_message(), "object storage is unavailable");
        EXPECT_NE(error.detail(), "");
    }
}

/// Every call, none of which may be answered.
void expect_all_unavailable(ObjectStore& store, std::chrono::milliseconds time) {
    const ObjectVersion version{"constitution/a", "id"};
    expect_unavailable([&] { store.put_locked(version.name, "x", later(), Deadline(time)); });
    expect_unavailable([&] { store.first_versions("constitution/", Deadline(time)); });
    expect_unavailable([&] { store.read(version, Deadline(time)); });
    expect_unavailable([&] { store.lock(version, Deadline(time)); });
    expect_unavailable([&] { store.extend(version, later(), Deadline(time)); });
    EXPECT_NE(store.trouble(Deadline(time)), "");
}

TEST(ObjectStoreFaults, WhatWasAcknowledgedSurvivesKill9) {
    test::ObjectStoreServer server;
    ObjectStore store(server.service());
    for (int round = 0; round < 3; ++round) {
        const std::string name = "constitution/" + std::to_string(round);
        ASSERT_TRUE(store.put_locked(name, "law " + name, later(), soon()));
        server.kill_now();
        expect_all_unavailable(store, 5s);
        server.start();
        const auto found = store.first_versions(name, soon());
        ASSERT_EQ(found.size(), 1u);
        EXPECT_EQ(store.read(found[0], soon()), "law " + name);
        EXPECT_TRUE(store.lock(found[0], soon())->compliance);
    }
    EXPECT_EQ(store.trouble(soon()), "");
}

TEST(ObjectStoreFaults, AKillUnderWritersLeavesNoHalfObject) {
    test::ObjectStoreServer server;
    const std::string bytes = random_bytes(256 * 1024);
    std::atomic<bool> stop{false};
    std::atomic<int> acknowledged{0};
    std::vector<std::thread> writers;
    for (int t = 0; t < 4; ++t) {
        writers.emplace_back([&, t] {
            ObjectStore store(server.service());
            for (int i = 0; !stop; ++i) {
                try {
                    const std::string name =
                        "constitution/" + std::to_string(t) + "-" + std::to_string(i);
                    acknowledged += store.put_locked(name, bytes, later(), Deadline(5s)) ? 1 : 0;
                } catch (const Error&) {
                    return;
                }
            }
        });
    }
    while (acknowledged < 40) std::this_thread::sleep_for(1ms);
    server.kill_now();
    stop = true;
    for (auto& writer : writers) writer.join();
    server.start();
    ObjectStore store(server.service());
    const auto found = store.first_versions("constitution/", soon());
    EXPECT_GE(static_cast<int>(found.size()), acknowledged);
    for (const ObjectVersion& version : found) {
        EXPECT_EQ(store.read(version, soon()), bytes) << version.name;
    }
}

TEST(ObjectStoreFaults, AFrozenStoreIsUnavailableInTimeAndGoesOn) {
    test::ObjectStoreServer server;
    auto config = server.service();
    ObjectStore store(config);
    ASSERT_TRUE(store.put_locked("constitution/a", "x", later(), soon()));
    server.freeze();
    expect_all_unavailable(store, 200ms);
    // The setting bounds one answer where the request has more time.
    config.timeout = 200ms;
    ObjectStore impatient(config);
    const Deadline ample(20s);
    expect_unavailable([&] { impatient.first_versions("constitution/", ample); });
    EXPECT_FALSE(ample.passed());
    server.thaw();
    // The put that was given up may have happened, or not: asking tells, and nothing is half.
    ASSERT_FALSE(store.put_locked("constitution/a", "y", later(), soon()));
    EXPECT_EQ(store.read(store.first_versions("constitution/a", soon()).at(0), soon()), "x");
}

TEST(ObjectStoreFaults, StrangersAreNotBelieved) {
    const auto answering = [](const std::string& answer) {
        return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(answer.size()) + "\r\n\r\n" +
               answer;
    };
    const auto at = [](const test::SilentPort& port) {
        ObjectStoreConfig config;
        config.address = "http://127.0.0.1:" + std::to_string(port.port());
        config.bucket = "somabrain";
        config.credentials = {"a", "b", "us-east-1"};
        return config;
    };
    test::SilentPort silent;
    ObjectStore hung(at(silent));
    expect_all_unavailable(hung, 100ms);
    test::SilentPort cut("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<ListVersions");
    ObjectStore half(at(cut));
    expect_unavailable([&] { half.first_versions("", Deadline(200ms)); });
    test::SilentPort page(answering("<html>welcome</html>"));
    ObjectStore portal(at(page));
    expect_unavailable([&] { portal.first_versions("", Deadline(5s)); });
    test::SilentPort other(answering("<html>welcome</html>"));
    ObjectStore second(at(other));
    expect_unavailable([&] { second.lock({"a", "b"}, Deadline(5s)); });
    test::SilentPort busy("HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n");
    ObjectStore slow(at(busy));
    expect_unavailable([&] { slow.put_locked("a", "x", later(), Deadline(5s)); });
}

TEST(ObjectStoreFaults, AListThatNeverEndsIsEnded) {
    // The same page for ever: it says that more follows where it began.
    const std::string page =
        "<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>a</NextKeyMarker>"
        "<NextVersionIdMarker>1</NextVersionIdMarker></ListVersionsResult>";
    test::SilentPort server("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " +
                            std::to_string(page.size()) + "\r\n\r\n" + page);
    ObjectStoreConfig config;
    config.address = "http://127.0.0.1:" + std::to_string(server.port());
    config.bucket = "somabrain";
    ObjectStore store(config);
    expect_unavailable([&] { store.first_versions("", Deadline(30s)); });
    EXPECT_EQ(server.accepted(), 2);
}

}  // namespace
}  // namespace soma::backends
