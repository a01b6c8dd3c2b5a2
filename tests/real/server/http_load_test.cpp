#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "real/server/echo_site.h"
#include "real/server/raw_client.h"

namespace soma::server {
namespace {

using namespace std::chrono_literals;
using test::make_request;
using test::RawClient;
using test::Server;

TEST(HttpTimeouts, SlowHeadersAre408) {
    Server server({.header_timeout = 100ms});
    RawClient client(server.port);
    client.send("GET /early HTTP/1.1\r\nHost: x\r\nX-Slow");
    EXPECT_EQ(client.read().status, 408);
    client.end_sending();
    EXPECT_TRUE(client.is_at_end());
}

TEST(HttpTimeouts, DrippingHeadersDoNotWinTime) {
    Server server({.header_timeout = 200ms});
    RawClient client(server.port);
    std::atomic<bool> answered{false};
    std::thread drip([&] {
        client.send("GET /early HTTP/1.1\r\nHost: x\r\n");
        while (!answered) {
            client.send("X: y\r\n");
            std::this_thread::sleep_for(20ms);
        }
    });
    EXPECT_EQ(client.read().status, 408);
    answered = true;
    drip.join();
}

TEST(HttpTimeouts, SlowBodiesAre408) {
    Server server({.body_timeout = 100ms});
    RawClient client(server.port);
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    EXPECT_EQ(client.read().status, 408);
}

TEST(HttpTimeouts, IdleConnectionsEndSilently) {
    Server server({.idle_timeout = 100ms});
    RawClient silent(server.port);
    EXPECT_TRUE(silent.is_at_end());
    RawClient once(server.port);
    EXPECT_EQ(once.send(make_request("GET", "/early")).read().body, "early");
    EXPECT_TRUE(once.is_at_end());
}

TEST(HttpTimeouts, AHandlerIsNotTimedOutBySweeping) {
    Server server({.header_timeout = 50ms,
                   .body_timeout = 50ms,
                   .write_timeout = 50ms,
                   .idle_timeout = 50ms});
    RawClient client(server.port);
    client.send(make_request("GET", "/door"));
    server.door.wait_for_waiters(1);
    std::this_thread::sleep_for(300ms);
    server.door.open();
    EXPECT_EQ(client.read().body, "through");
}

TEST(HttpLoad, AFullQueueIs503AtOnce) {
    Server server({.worker_threads = 1, .queue_length = 2});
    std::vector<RawClient> clients;
    clients.emplace_back(server.port);
    clients.back().send(make_request("GET", "/door"));
    server.door.wait_for_waiters(1);
    for (int i = 0; i < 2; ++i) {
        clients.emplace_back(server.port);
        clients.back().send(make_request("GET", "/door"));
    }
    while (server.listener.queued() < 2) {
        std::this_thread::yield();
    }
    RawClient late(server.port);
    const auto refused = late.send(make_request("GET", "/door")).read();
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.headers.at("Retry-After"), "1");
    // What needs no worker is still served, on the same connection.
    EXPECT_EQ(late.send(make_request("GET", "/early")).read().body, "early");
    server.door.open();
    for (auto& client : clients) {
        EXPECT_EQ(client.read().body, "through");
    }
}

TEST(HttpLoad, OneConnectionTooManyIs503) {
    Server server({.max_connections = 2});
    RawClient first(server.port);
    RawClient second(server.port);
    EXPECT_EQ(first.send(make_request("GET", "/early")).read().status, 200);
    EXPECT_EQ(second.send(make_request("GET", "/early")).read().status, 200);
    RawClient third(server.port);
    third.send(make_request("GET", "/early"));
    const auto refused = third.read();
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.headers.at("Connection"), "close");
    EXPECT_EQ(first.send(make_request("GET", "/early")).read().status, 200);
}

TEST(HttpLoad, BodiesShareOneBudget) {
    Server server({.max_body_bytes_in_flight = 1500});
    RawClient first(server.port);
    first.send(
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(first.read(false).status, 100);
    // What is announced takes nothing; what has arrived does.
    const auto second = make_request("POST", "/echo", std::string(900, 'x'));
    EXPECT_EQ(RawClient(server.port).send(second).read().status, 200);
    RawClient third(server.port);
    third.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" +
               std::string(999, 'z'));
    std::this_thread::sleep_for(100ms);
    EXPECT_EQ(RawClient(server.port)
                  .send(make_request("POST", "/echo", std::string(900, 'x')))
                  .read()
                  .status,
              503);
    EXPECT_EQ(third.send("z").read().status, 200);
    EXPECT_EQ(first.send(std::string(1000, 'y')).read().status, 200);
    EXPECT_EQ(first.send(make_request("POST", "/echo", std::string(900, 'x'))).read().status, 200);
}

TEST(HttpLoad, ConnectionsByTheHundred) {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    // Both ends of a connection are here, so each takes two; some are kept for all else.
    const int connections = static_cast<int>(std::min<rlim_t>(1000, (files.rlim_cur - 64) / 2));
    ASSERT_GE(connections, 400) << "only " << files.rlim_cur << " descriptors";
    Server server({.io_threads = 2});
    std::vector<RawClient> clients;
    for (int i = 0; i < connections; ++i) {
        clients.emplace_back(server.port);
        ASSERT_TRUE(clients.back().is_connected()) << i;
    }
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < connections; ++i) {
            clients[static_cast<std::size_t>(i)].send(
                make_request("POST", "/echo", "from " + std::to_string(i)));
        }
        for (int i = 0; i < connections; ++i) {
            ASSERT_EQ(clients[static_cast<std::size_t>(i)].read().body,
                      "from " + std::to_string(i));
        }
    }
    EXPECT_EQ(server.listener.connections(), static_cast<std::size_t>(connections));
}

TEST(HttpLoad, ManyThreadsAtOnce) {
    Server server({.io_threads = 2, .worker_threads = 4});
    std::atomic<int> good{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&, t] {
            RawClient client(server.port);
            for (int i = 0; i < 200; ++i) {
                const std::string body = std::to_string(t) + ":" + std::to_string(i);
                good += client.send(make_request("POST", "/echo", body)).read().body == body;
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(good, 1600);
}

TEST(HttpLoad, AClientThatLeavesIsNoTrouble) {
    Server server({.worker_threads = 2});
    {
        RawClient leaving(server.port);
        leaving.send(make_request("GET", "/door"));
        server.door.wait_for_waiters(1);
    }
    for (int i = 0; i < 50; ++i) {
        RawClient(server.port).send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Le");
    }
    server.door.open();
    EXPECT_EQ(RawClient(server.port).send(make_request("POST", "/echo", "x")).read().body, "x");
}

TEST(HttpStop, LetsRequestsInFlightEnd) {
    Server server;
    RawClient busy(server.port);
    RawClient idle(server.port);
    EXPECT_EQ(idle.send(make_request("GET", "/early")).read().body, "early");
    busy.send(make_request("GET", "/door") + make_request("GET", "/early"));
    server.door.wait_for_waiters(1);
    std::thread stopper([&] { server.listener.stop(60s); });
    EXPECT_TRUE(idle.is_at_end());  // also shows that stopping has begun
    server.door.open();
    const auto answer = busy.read();
    EXPECT_EQ(answer.body, "through");
    EXPECT_EQ(answer.headers.at("Connection"), "close");
    busy.end_sending();
    EXPECT_TRUE(busy.is_at_end());  // the pipelined request was not begun
    stopper.join();
    EXPECT_FALSE(RawClient(server.port).is_connected());
    EXPECT_EQ(server.listener.connections(), 0U);
    server.listener.stop(0ms);  // again: nothing happens
}

TEST(HttpStop, CutsWhatOutlastsTheGrace) {
    Server server({.worker_threads = 1});
    RawClient busy(server.port);
    RawClient queued(server.port);
    busy.send(make_request("GET", "/door"));
    server.door.wait_for_waiters(1);
    queued.send(make_request("GET", "/door"));
    while (server.listener.queued() < 1) {
        std::this_thread::yield();
    }
    std::thread stopper([&] { server.listener.stop(50ms); });
    EXPECT_EQ(busy.read().status, 0);  // cut without an answer
    EXPECT_EQ(queued.read().status, 0);
    server.door.open();
    stopper.join();
    EXPECT_EQ(server.listener.connections(), 0U);
}

TEST(HttpStop, WithoutStart) {
    test::Door door;
    HttpListener listener(test::echo_site(door), {});
    listener.stop(0ms);
}

TEST(HttpStart, SaysWhatIsWrongWithTheAddress) {
    Server server;
    test::Door door;
    HttpListener second(test::echo_site(door), {});
    try {
        second.start("127.0.0.1", server.port);
        FAIL() << "the port is taken";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::unavailable);
        EXPECT_NE(error.public_message().find(std::to_string(server.port)), std::string::npos);
    }
    HttpListener third(test::echo_site(door), {});
    EXPECT_THROW(third.start("not an address", 0), Error);
}

}  // namespace
}  // namespace soma::server
