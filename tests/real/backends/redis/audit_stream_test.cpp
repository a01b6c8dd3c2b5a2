#include "backends/redis/audit_stream.h"

#include <gtest/gtest.h>

#include <csignal>
#include <set>
#include <thread>

#include "base/error.h"
#include "support/redis/buffer_server.h"

namespace soma::backends {
namespace {

using test::BufferServer;

std::vector<std::string> events(AuditStream& stream) {
    std::vector<std::string> out;
    for (const auto& entry : stream.read_after("")) {
        const auto* event = AuditStream::event_of(entry);
        out.push_back(event != nullptr ? *event : "none");
    }
    return out;
}

TEST(AuditStream, KeepsEventsInTheirOrderUntilTheyAreRemoved) {
    const BufferServer server;
    AuditStream stream(server.config());
    EXPECT_EQ(stream.length(), 0U);
    EXPECT_TRUE(stream.read_after("").empty());
    const std::string bytes("a\0\r\n\xff", 5);
    EXPECT_EQ(stream.append(bytes), Appended::durable);
    EXPECT_EQ(stream.append("second"), Appended::durable);
    EXPECT_EQ(stream.appended(), 2U);
    EXPECT_EQ(stream.length(), 2U);
    EXPECT_EQ(events(stream), (std::vector<std::string>{bytes, "second"}));
    const auto page = stream.read_after("");
    EXPECT_EQ(stream.read_after(page[0].id).size(), 1U);
    stream.remove(std::vector{page[0].id, page[0].id, std::string("1-1")});
    EXPECT_EQ(events(stream), std::vector<std::string>{"second"});
    stream.remove({});
}

TEST(AuditStream, WhatItAcknowledgedOutlivesItsServer) {
    BufferServer server;
    AuditStream stream(server.config());
    std::set<std::string> acknowledged;
    std::vector<std::thread> threads;
    std::mutex mutex;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 200; ++i) {
                const std::string event = std::to_string(t * 1000 + i);
                if (stream.append(event) == Appended::durable) {
                    const std::lock_guard lock(mutex);
                    acknowledged.insert(event);
                }
            }
        });
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    server.kill_now();
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(stream.append("while it is away"), Appended::unknown);
    EXPECT_FALSE(stream.usable());
    EXPECT_THROW(stream.length(), Error);
    server.start();
    std::set<std::string> kept;
    AuditStream again(server.config());
    for (std::string last;;) {
        const auto page = again.read_after(last);
        if (page.empty()) break;
        for (const auto& entry : page) kept.insert(*AuditStream::event_of(entry));
        last = page.back().id;
    }
    for (const auto& event : acknowledged) EXPECT_TRUE(kept.contains(event)) << event;
}

TEST(AuditStream, AFullServerSaysSoAndDrains) {
    const BufferServer server("3mb");
    AuditStream stream(server.config());
    const std::string large(60'000, 'x');
    auto appended = Appended::durable;
    for (int i = 0; i < 200 && appended == Appended::durable; ++i) {
        appended = stream.append(large);
    }
    EXPECT_EQ(appended, Appended::no) << "nothing was evicted, nothing dropped";
    EXPECT_FALSE(stream.usable());
    const std::size_t held = stream.length();
    EXPECT_EQ(held, stream.appended());
    const auto page = stream.read_after("");
    server.say({"CONFIG", "SET", "maxmemory", "1"});
    EXPECT_FALSE(stream.set_aside(page[0], "no room for the reason")) << "it stays where it is";
    std::vector<std::string> ids;
    for (const auto& entry : page) ids.push_back(entry.id);
    stream.remove(ids);
    server.say({"CONFIG", "SET", "maxmemory", "3mb"});
    EXPECT_EQ(stream.append("again"), Appended::durable);
    EXPECT_TRUE(stream.usable());
}

TEST(AuditStream, ASilentServerIsNotWaitedForTwice) {
    const BufferServer server;
    auto config = server.config();
    config.command_timeout = std::chrono::milliseconds(100);
    config.first_back_off = config.longest_back_off = std::chrono::hours(1);
    AuditStream stream(config);
    ASSERT_EQ(stream.append("before"), Appended::durable);
    server.signal(SIGSTOP);
    EXPECT_EQ(stream.append("meanwhile"), Appended::unknown);
    for (int i = 0; i < 1'000; ++i) {
        ASSERT_EQ(stream.append("meanwhile"), Appended::unknown);  // at once
    }
    server.signal(SIGCONT);
    EXPECT_FALSE(stream.usable());
}

TEST(AuditStream, WhatIsNoEventIsKeptAsideAndCanComeBack) {
    const BufferServer server;
    AuditStream stream(server.config());
    server.say({"XADD", "soma:audit:buffer", "*", "a", "1", "b", "2"});
    stream.append("an event");
    const auto page = stream.read_after("");
    ASSERT_EQ(page.size(), 2U);
    EXPECT_EQ(AuditStream::event_of(page[0]), nullptr);
    EXPECT_TRUE(stream.set_aside(page[0], "not one field"));
    EXPECT_EQ(stream.length(), 1U);
    EXPECT_EQ(stream.aside_length(), 1U);
    EXPECT_EQ(stream.put_back(), 1U);
    EXPECT_EQ(stream.aside_length(), 0U);
    const auto after = stream.read_after("");
    ASSERT_EQ(after.size(), 2U);
    EXPECT_EQ(after[1].fields, (std::vector<std::string>{"a", "1", "b", "2"}));
}

TEST(AuditStream, WithAnotherPasswordThereIsNoBuffer) {
    const BufferServer server;
    auto config = server.config();
    config.password = "wrong";
    AuditStream stream(config);
    EXPECT_EQ(stream.append("event"), Appended::unknown);
    EXPECT_THROW(stream.read_after(""), Error);
    EXPECT_EQ(server.say({"XLEN", "soma:audit:buffer"}), "0");
}

}  // namespace
}  // namespace soma::backends
