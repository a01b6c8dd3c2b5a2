#include "backends/http/client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "support/silent_port.h"
#include "support/stack.h"

namespace soma::backends {
namespace {

using namespace std::chrono_literals;

HttpRequest to(int port, std::string path = "/") {
    HttpRequest request;
    request.url = "http://127.0.0.1:" + std::to_string(port) + path;
    return request;
}

ErrorKind failure(const HttpRequest& request, std::chrono::milliseconds time = 10s) {
    HttpClient client;
    try {
        client.send(request, Deadline(time));
    } catch (const Error& error) {
        // Whom we talk to is not the caller's business.
        EXPECT_EQ(error.public_message().find("127.0.0.1"), std::string::npos);
        return error.kind();
    }
    ADD_FAILURE() << "answered";
    return ErrorKind::internal;
}

TEST(HttpClient, AnswersOfARealServerArriveWhole) {
    HttpClient client;
    HttpRequest request;
    request.url = test::stack().vault_address() + "/v1/sys/health";
    const auto answer = client.send(request, Deadline(10s));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("content-type"), "application/json");
    EXPECT_FALSE(answer.header("absent"));
    EXPECT_NE(answer.body.find("\"initialized\":true"), std::string::npos);
}

TEST(HttpClient, ManyThreadsAtOnce) {
    HttpClient client;
    std::atomic<int> good{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 12; ++t) {
        threads.emplace_back([&] {
            HttpRequest request;
            request.url = test::stack().vault_address() + "/v1/sys/seal-status";
            for (int i = 0; i < 20; ++i) {
                good += client.send(request, Deadline(10s)).status == 200 ? 1 : 0;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(good, 240);
}

TEST(HttpClient, WhatDoesNotAnswerIsUnavailable) {
    EXPECT_EQ(failure(to(1)), ErrorKind::unavailable);
    test::SilentPort silent;
    EXPECT_EQ(failure(to(silent.port()), 100ms), ErrorKind::unavailable);
    EXPECT_EQ(failure(to(silent.port()), 0ms), ErrorKind::unavailable);
    EXPECT_EQ(silent.accepted(), 1);  // with no time left nothing is sent
    test::SilentPort nonsense("SSH-2.0-OpenSSH\r\n");
    EXPECT_EQ(failure(to(nonsense.port()), 500ms), ErrorKind::unavailable);
    test::SilentPort half("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    EXPECT_EQ(failure(to(half.port()), 200ms), ErrorKind::unavailable);
}

TEST(HttpClient, LongAnswersAreRefusedNotCut) {
    test::SilentPort honest("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world");
    auto request = to(honest.port());
    request.max_answer_bytes = 10;
    EXPECT_EQ(failure(request), ErrorKind::unavailable);
    request.max_answer_bytes = 11;
    HttpClient client;
    EXPECT_EQ(client.send(request, Deadline(10s)).body, "hello world");
}

TEST(HttpClient, RedirectsAreAnswersNotOrders) {
    test::SilentPort trap;
    const std::string location = "http://127.0.0.1:" + std::to_string(trap.port()) + "/";
    test::SilentPort redirect("HTTP/1.1 302 Found\r\nLocation: " + location +
                              "\r\nContent-Length: 0\r\n\r\n");
    HttpClient client;
    const auto answer = client.send(to(redirect.port()), Deadline(10s));
    EXPECT_EQ(answer.status, 302);
    EXPECT_EQ(answer.header("location"), location);
    EXPECT_EQ(trap.accepted(), 0);
}

TEST(HttpClient, OnlyHttpIsSpoken) {
    for (const char* url :
         {"file:///etc/hostname", "gopher://127.0.0.1/", "ftp://127.0.0.1/", ""}) {
        HttpRequest request;
        request.url = url;
        EXPECT_EQ(failure(request), ErrorKind::unavailable) << url;
    }
}

TEST(HttpClient, HeadersCannotSmuggleOthers) {
    auto request = to(1);
    request.headers = {{"Authorization", "Bearer x\r\nX-Other: y"}};
    EXPECT_EQ(failure(request), ErrorKind::invalid_argument);
}

TEST(HttpClient, PathSegmentsAreEncoded) {
    EXPECT_EQ(encode_path_segment("aZ09-._~"), "aZ09-._~");
    EXPECT_EQ(encode_path_segment("a/b c%\xc3\xa9?"), "a%2Fb%20c%25%C3%A9%3F");
}

}  // namespace
}  // namespace soma::backends
