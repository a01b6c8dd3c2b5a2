#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "real/server/echo_site.h"
#include "real/server/raw_client.h"

namespace soma::server {
namespace {

using test::make_request;
using test::RawClient;
using test::Server;

TEST(HttpProtocol, KeepsTheConnection) {
    Server server;
    RawClient client(server.port);
    const auto first = client.send(make_request("POST", "/echo", "one")).read();
    const auto second = client.send(make_request("POST", "/echo", "two")).read();
    EXPECT_EQ(first.status, 200);
    EXPECT_EQ(first.body, "one");
    EXPECT_EQ(second.body, "two");
    EXPECT_EQ(first.headers.at("Request-Id").size(), 36U);
    EXPECT_LT(first.headers.at("Request-Id"), second.headers.at("Request-Id"));
    EXPECT_EQ(first.headers.at("Date").size(), 29U);
    EXPECT_EQ(first.headers.at("Cache-Control"), "no-store");
}

TEST(HttpProtocol, AnswersPipelinedRequestsInOrder) {
    Server server;
    RawClient client(server.port);
    std::string all;
    for (int i = 0; i < 50; ++i) {
        all += make_request("POST", "/echo", "number " + std::to_string(i));
        all += make_request("GET", "/early");
    }
    client.send(all);
    for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(client.read().body, "number " + std::to_string(i));
        EXPECT_EQ(client.read().body, "early");
    }
}

TEST(HttpProtocol, ARequestMayComeByteByByte) {
    Server server;
    RawClient client(server.port);
    for (const char c : make_request("POST", "/echo", "slow but sure")) {
        client.send(std::string(1, c));
    }
    EXPECT_EQ(client.read().body, "slow but sure");
}

TEST(HttpProtocol, RefusesWhatIsNotHttp) {
    Server server;
    const std::string host = "Host: x\r\n";
    const std::vector<std::string> cases = {
        "hello\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",  // a TLS greeting
        "GET /echo HTTP/2.0\r\n" + host + "\r\n",
        "GET /echo HTTP/1.1\r\n\r\n",
        "GET /echo HTTP/1.1\r\n" + host + host + "\r\n",
        "GET /echo HTTP/1.1\r\nHost : x\r\n\r\n",
        "GET /echo HTTP/1.1\r\nHost:\r\n\r\n",
        "GET /echo HTTP/1.1\r\nHost: a\x01b\r\n\r\n",
        "GET /echo HTTP/1.1\r\nHost: a\tb\r\n\r\n",
        "GET /echo HTTP/1.1\r\nHost: x/../y\r\n\r\n",
        "GET /echo HTTP/1.1\r\nHost: user@x\r\n\r\n",
        "GET /echo HTTP/1.1\r\nHost: \xff\r\n\r\n",
        "GET /echo HTTP/1.0\r\nHost: x y\r\n\r\n",
        "GET /echo HTTP/1.1\r\n" + host + "Bad Header: x\r\n\r\n",
        "GET /e cho HTTP/1.1\r\n" + host + "\r\n",
        "GET\t/echo HTTP/1.1\r\n" + host + "\r\n",
        "POST /echo HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n",
        "POST /echo HTTP/1.1\r\n" + host + "Content-Length: x\r\n\r\n",
        "POST /echo HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "POST /echo HTTP/1.1\r\n" + host +
            "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\n" + host +
            "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\n\r\n",
        "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n",
        "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\n" + host +
            "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    };
    for (const auto& bytes : cases) {
        RawClient client(server.port);
        const auto answer = client.send(bytes).read();
        EXPECT_EQ(answer.status, 400) << bytes;
        if (answer.status == 400) {
            EXPECT_EQ(answer.headers.at("Content-Type"), "application/problem+json");
            EXPECT_EQ(answer.headers.at("Connection"), "close");
            client.end_sending();
            EXPECT_TRUE(client.is_at_end()) << bytes;
        }
    }
    EXPECT_EQ(RawClient(server.port).send(make_request("POST", "/echo", "alive")).read().body,
              "alive");
}

TEST(HttpProtocol, ChunkedBodiesAreRead) {
    Server server;
    RawClient client(server.port);
    client.send(
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n4;ext=1\r\ndefg\r\n0\r\nTrailer: x\r\n\r\n");
    EXPECT_EQ(client.read().body, "abcdefg");
    EXPECT_EQ(client.send(make_request("GET", "/early")).read().body, "early");
}

TEST(HttpProtocol, TooLargeHeadersAre431) {
    Server server;
    RawClient client(server.port);
    const auto answer =
        client.send(make_request("GET", "/early", "", "X: " + std::string(9000, 'x') + "\r\n"))
            .read();
    EXPECT_EQ(answer.status, 431);
    RawClient endless(server.port);
    endless.send("GET /" + std::string(20000, 'a'));
    EXPECT_EQ(endless.read().status, 431);
    const std::string fitting = "X: " + std::string(8000, 'x') + "\r\n";
    EXPECT_EQ(RawClient(server.port).send(make_request("GET", "/early", "", fitting)).read().status,
              200);
}

TEST(HttpProtocol, TooLargeBodiesAre413) {
    Server server;
    EXPECT_EQ(RawClient(server.port)
                  .send(make_request("POST", "/echo", std::string(1000, 'x')))
                  .read()
                  .status,
              200);
    EXPECT_EQ(RawClient(server.port)
                  .send(make_request("POST", "/echo", std::string(1001, 'x')))
                  .read()
                  .status,
              413);
    // Announced only: refused without waiting for it.
    RawClient announced(server.port);
    announced.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\n");
    const auto answer = announced.read();
    EXPECT_EQ(answer.status, 413);
    EXPECT_NE(answer.body.find("at most 1000 bytes"), std::string::npos);
    // Sent in chunks, the end unknown.
    RawClient chunked(server.port);
    chunked.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    chunked.send("258\r\n" + std::string(600, 'x') + "\r\n258\r\n" + std::string(600, 'x') +
                 "\r\n");
    EXPECT_EQ(chunked.read().status, 413);
}

TEST(HttpProtocol, ABodyWhereNoneBelongsIsSaid) {
    Server server;
    for (const std::string& more : {std::string("Content-Length: 1\r\n\r\nx"),
                                    std::string("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")}) {
        const auto answer =
            RawClient(server.port).send("GET /door HTTP/1.1\r\nHost: x\r\n" + more).read();
        EXPECT_EQ(answer.status, 400);
        EXPECT_NE(answer.body.find("this request takes no body"), std::string::npos) << answer.body;
    }
}

TEST(HttpProtocol, ARefusalSurvivesTheBodyStillComing) {
    Server server;
    RawClient client(server.port);
    client.send(make_request("POST", "/nothing", std::string(500'000, 'x')));
    const auto answer = client.read();
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.headers.at("Connection"), "close");
}

TEST(HttpProtocol, ExpectContinue) {
    Server server;
    RawClient client(server.port);
    client.send(
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read(false).status, 100);
    EXPECT_EQ(client.send("ok").read().body, "ok");
    // A body that will be refused is not asked for.
    RawClient large(server.port);
    large.send(
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(large.read().status, 413);
    RawClient other(server.port);
    other.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: tea\r\n\r\n");
    EXPECT_EQ(other.read().status, 417);
}

TEST(HttpProtocol, HeadHasNoBody) {
    Server server;
    RawClient client(server.port);
    const auto answer = client.send(make_request("HEAD", "/early")).read(false);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.headers.at("Content-Length"), "5");
    EXPECT_EQ(client.send(make_request("GET", "/early")).read().body, "early");
}

TEST(HttpProtocol, OldClientsAndConnectionClose) {
    Server server;
    RawClient old(server.port);
    EXPECT_EQ(old.send("GET /early HTTP/1.0\r\n\r\n").read().body, "early");
    old.end_sending();
    EXPECT_TRUE(old.is_at_end());
    RawClient old_keeping(server.port);
    old_keeping.send("GET /early HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(old_keeping.read().headers.at("Connection"), "keep-alive");
    RawClient closing(server.port);
    closing.send(make_request("GET", "/early", "", "Connection: close\r\n"));
    EXPECT_EQ(closing.read().headers.at("Connection"), "close");
    closing.end_sending();
    EXPECT_TRUE(closing.is_at_end());
}

TEST(HttpProtocol, AHalfClosedClientStillGetsItsAnswer) {
    Server server;
    RawClient client(server.port);
    client.send(make_request("POST", "/echo", "last words"));
    client.end_sending();
    EXPECT_EQ(client.read().body, "last words");
    EXPECT_TRUE(client.is_at_end());
}

TEST(HttpProtocol, AThrowingSiteIsA500) {
    Server server;
    const auto answer = RawClient(server.port).send(make_request("GET", "/throw")).read();
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.body.find("must not throw"), std::string::npos);
}

}  // namespace
}  // namespace soma::server
