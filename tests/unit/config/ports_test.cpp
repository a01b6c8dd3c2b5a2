#include "config/ports.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

namespace soma::config {
namespace {

// Another program's socket, on real TCP. `port` 0 takes any.
class Stranger {
  public:
    explicit Stranger(int port, bool reuse = false, in_addr_t address = INADDR_LOOPBACK) {
        fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int on = reuse ? 1 : 0;
        ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_addr.s_addr = htonl(address);
        where.sin_port = htons(static_cast<std::uint16_t>(port));
        bound_ = ::bind(fd_, reinterpret_cast<sockaddr*>(&where), sizeof where) == 0;
        socklen_t length = sizeof where;
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&where), &length);
        port_ = ntohs(where.sin_port);
    }
    ~Stranger() { ::close(fd_); }
    Stranger(const Stranger&) = delete;
    Stranger& operator=(const Stranger&) = delete;

    bool bound() const { return bound_; }
    bool listens() { return bound_ && ::listen(fd_, 4) == 0; }
    int port() const { return port_; }
    int fd() const { return fd_; }

  private:
    int fd_ = -1;
    int port_ = 0;
    bool bound_ = false;
};

int a_free_port() {
    return PortHold::take(0)->port();
}

TEST(PortHold, KeepsOtherAllocatorsAndOrdinaryProgramsAway) {
    const auto hold = PortHold::take(0);
    ASSERT_TRUE(hold);
    EXPECT_FALSE(PortHold::take(hold->port()));
    EXPECT_FALSE(Stranger(hold->port()).bound());
}

TEST(PortHold, AServerStartsOverIt) {
    const auto hold = PortHold::take(0);
    Stranger server(hold->port(), true);
    EXPECT_TRUE(server.listens());
    EXPECT_FALSE(PortHold::take(hold->port()));
}

TEST(PortHold, TheServerStaysWhenTheHoldGoes) {
    auto hold = PortHold::take(0);
    const int port = hold->port();
    Stranger server(port, true);
    ASSERT_TRUE(server.listens());
    hold.reset();
    EXPECT_FALSE(PortHold::take(port)) << "occupied by the server itself";
}

TEST(PortHold, IsGivenBack) {
    const int port = a_free_port();
    EXPECT_TRUE(PortHold::take(port));
    EXPECT_TRUE(PortHold::take(port)) << "the first was a temporary";
}

TEST(PortHold, MovesWithItsSockets) {
    auto first = PortHold::take(0);
    const int port = first->port();
    PortHold second = std::move(*first);
    first.reset();
    EXPECT_EQ(second.port(), port);
    EXPECT_FALSE(PortHold::take(port));
    second = std::move(*PortHold::take(0));
    EXPECT_TRUE(PortHold::take(port)) << "assigned over: released";
}

TEST(PortHold, AListenerOnAllAddressesCountsToo) {
    Stranger server(0, true, INADDR_ANY);
    ASSERT_TRUE(server.listens());
    EXPECT_FALSE(PortHold::take(server.port()));
}

TEST(PortHold, ConnectionsInTimeWaitDoNotMoveAPort) {
    Stranger server(0, true);
    ASSERT_TRUE(server.listens());
    const int port = server.port();
    {
        Stranger client(0);
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        where.sin_port = htons(static_cast<std::uint16_t>(port));
        ASSERT_EQ(::connect(client.fd(), reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
        const int peer = ::accept(server.fd(), nullptr, nullptr);
        ASSERT_GE(peer, 0);
        ::close(peer);  // the server's side closes first: TIME_WAIT is its own
        char byte = 0;
        EXPECT_EQ(::read(client.fd(), &byte, 1), 0);
    }
    ::close(server.fd());
    EXPECT_FALSE(Stranger(port).bound()) << "an ordinary bind finds it busy";
    EXPECT_TRUE(PortHold::take(port));
}

TEST(AllocatePorts, TakesTheFirstFreeChoice) {
    const int busy_port = a_free_port();
    Stranger busy(busy_port, true);
    ASSERT_TRUE(busy.listens());
    const int free_port = a_free_port();
    const std::vector<PortRequest> requests = {{"A", {busy_port, free_port}, false}};
    const auto ports = allocate_ports(requests);
    ASSERT_EQ(ports.size(), 1U);
    EXPECT_EQ(ports[0].port, free_port);
}

TEST(AllocatePorts, MovesToAnyPortWhenAllChoicesAreTaken) {
    Stranger busy(0);
    const std::vector<PortRequest> requests = {{"A", {busy.port()}, false}};
    const auto ports = allocate_ports(requests);
    EXPECT_NE(ports[0].port, busy.port());
    EXPECT_GT(ports[0].port, 0);
}

TEST(AllocatePorts, NoNumberIsGivenTwice) {
    const int wish = a_free_port();
    const std::vector<PortRequest> requests = {{"A", {wish}, false}, {"B", {wish}, false}};
    const auto ports = allocate_ports(requests);
    EXPECT_EQ(ports[0].port, wish);
    EXPECT_NE(ports[1].port, wish);
}

TEST(AllocatePorts, AKeptPortStandsUnheldAndInItsPlace) {
    Stranger server(0, true);
    ASSERT_TRUE(server.listens());
    const std::vector<PortRequest> requests = {
        {"A", {server.port()}, false}, {"B", {server.port()}, true}, {"C", {}, false}};
    const auto ports = allocate_ports(requests);
    EXPECT_EQ(ports[0].key, "A");
    EXPECT_NE(ports[0].port, server.port());
    EXPECT_EQ(ports[1].port, server.port());
    EXPECT_FALSE(ports[1].hold);
    EXPECT_TRUE(ports[2].hold);
}

TEST(AllocatePorts, ThreeAllocatorsAtOnceGetDistinctPorts) {
    std::vector<int> wishes;
    for (int i = 0; i < 5; ++i) wishes.push_back(a_free_port());
    std::mutex mutex;
    std::vector<AllocatedPort> all;
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&] {
            std::vector<PortRequest> requests;
            for (const int wish : wishes) requests.push_back({"P", {wish}, false});
            auto ports = allocate_ports(requests);
            const std::lock_guard lock(mutex);
            for (auto& port : ports) all.push_back(std::move(port));
        });
    }
    for (auto& thread : threads) thread.join();
    std::set<int> distinct;
    for (const auto& port : all) distinct.insert(port.port);
    EXPECT_EQ(distinct.size(), 15U);
    for (const int wish : wishes) EXPECT_EQ(distinct.count(wish), 1U) << "somebody got it";
}

TEST(StackPorts, PreferredNumberThenTheRecordedOne) {
    const auto requests = stack_port_requests(R"({"SOMABRAIN_HTTP_PORT": 7001})", {});
    ASSERT_EQ(requests.size(), 11U);
    EXPECT_EQ(requests[0].key, "SOMABRAIN_HTTP_PORT");
    EXPECT_EQ(requests[0].choices, (std::vector<int>{9696, 7001}));
    EXPECT_EQ(requests[1].choices, (std::vector<int>{9700}));
    EXPECT_EQ(requests[2].choices, (std::vector<int>{9697}));
}

TEST(StackPorts, AKeptKeyHasItsRecordedPortAlone) {
    const std::vector<std::string> keep = {"REDIS_PORT", "VAULT_PORT"};
    const auto requests = stack_port_requests(R"({"REDIS_PORT": 7001})", keep);
    EXPECT_EQ(requests[4].key, "REDIS_PORT");
    EXPECT_TRUE(requests[4].keep);
    EXPECT_EQ(requests[4].choices, std::vector<int>{7001});
    EXPECT_FALSE(requests[5].keep) << "nothing is recorded to keep";
}

TEST(StackPorts, AddedKeysComeLastAndPreferTheirRecordedNumber) {
    const std::vector<std::string> keep = {"KAFKA_2_PORT", "KAFKA_3_PORT"};
    const std::vector<std::string> add = {"KAFKA_2_PORT", "KAFKA_3_PORT"};
    const auto requests = stack_port_requests(R"({"KAFKA_2_PORT": 7001})", keep, add);
    const auto alone = stack_port_requests("", {});
    ASSERT_EQ(requests.size(), alone.size() + 2);
    EXPECT_EQ(requests[alone.size()].key, "KAFKA_2_PORT");
    EXPECT_TRUE(requests[alone.size()].keep);
    EXPECT_EQ(requests[alone.size()].choices, std::vector<int>{7001});
    EXPECT_FALSE(requests.back().keep) << "nothing is recorded to keep";
    EXPECT_TRUE(requests.back().choices.empty());
}

TEST(StackPorts, ADamagedFileSaysNothing) {
    for (const char* text :
         {"", "{", "[]", "7", R"({"SOMABRAIN_HTTP_PORT": "7001"})", R"({"SOMABRAIN_HTTP_PORT": 0})",
          R"({"SOMABRAIN_HTTP_PORT": 70000})"}) {
        EXPECT_EQ(stack_port_requests(text, {})[0].choices, std::vector<int>{9696}) << text;
    }
}

TEST(StackPorts, TheFileReadsBack) {
    const auto ports = allocate_ports(std::vector<PortRequest>{{"A", {}, false}, {"B", {}, false}});
    const auto value = boost::json::parse(ports_json(ports));
    EXPECT_EQ(value.at("A").as_int64(), ports[0].port);
    EXPECT_EQ(value.at("B").as_int64(), ports[1].port);
}

}  // namespace
}  // namespace soma::config
