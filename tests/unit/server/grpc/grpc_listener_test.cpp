#include "server/grpc/grpc_listener.h"

#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <mutex>

#include "config/ports.h"
#include "unit/server/grpc/rpc_client.h"
#include "unit/server/support.h"

namespace soma::server {
namespace {

using grpc::StatusCode;
using services::Admission;
using services::RequestContext;
using somabrain::v1::RememberRequest;
using somabrain::v1::RememberResponse;
using std::chrono::milliseconds;
using std::chrono::seconds;

const std::string kRemember = "/somabrain.v1.Memory/Remember";
const std::map<std::string, std::string> kToken{{"authorization", "Bearer good"}};

std::string memory(const std::string& text) {
    RememberRequest request;
    request.set_text(text);
    return request.SerializeAsString();
}

/// A listener whose gate lets "good" in, and whose stories write down what they are told.
class GrpcListenerTest : public testing::Test {
  protected:
    GrpcListenerTest() : routes_(contract_services()) {
        routes_.bind("somabrain.v1.Memory.Remember", *this, &GrpcListenerTest::remember);
        test::bind_rest(routes_);
        corridor_.emplace(routes_, pipeline(), kServerTime);
    }

    static constexpr milliseconds kServerTime{60'000};

    void serve(GrpcLimits limits = {}) {
        listener_.emplace(*corridor_, rpc_services(), limits);
        port_ = listener_->start("127.0.0.1", 0);
        client_.emplace(port_);
    }

    RememberResponse remember(const RequestContext& context, const Admission&,
                              const RememberRequest& request) {
        {
            const std::lock_guard lock(mutex_);
            steps_ += " handle(" + request.text() + ")";
            context_ = context;
        }
        if (request.text() == "mistake") {
            throw std::runtime_error("secret reason");
        }
        if (request.text() == "wait") {
            begun_.count_down();
            release_.wait();
        }
        RememberResponse answer;
        answer.set_sequence(7);
        return answer;
    }

    void step(const std::string& what) {
        const std::lock_guard lock(mutex_);
        steps_ += what;
    }
    std::string steps() {
        const std::lock_guard lock(mutex_);
        return std::exchange(steps_, "");
    }

    Pipeline pipeline() {
        return {.admit = [this](const RequestContext& context) -> std::shared_ptr<const Admission> {
                    step(" admit");
                    if (context.bearer_token != "good") {
                        throw Error(ErrorKind::unauthenticated, "who are you?");
                    }
                    return std::make_shared<Admission>();
                },
                .judge =
                    [this](const std::shared_ptr<const Admission>& admission,
                           google::protobuf::Message&) {
                        step(" judge");
                        return admission;
                    },
                .refused = [this](const RequestContext&, const Admission&, const Error&,
                                  int status) { step(" refused(" + std::to_string(status) + ")"); },
                .answered =
                    [this](const Answered& answered) {
                        const std::lock_guard lock(mutex_);
                        log_ += " " + std::string(answered.grpc_code);
                    }};
    }

    test::RpcAnswer call(const std::string& text) {
        return client_->call(kRemember, memory(text), kToken);
    }

    Routes routes_;
    std::optional<Corridor> corridor_;
    std::optional<GrpcListener> listener_;
    std::optional<test::RpcClient> client_;
    std::uint16_t port_ = 0;
    std::mutex mutex_;
    std::string steps_;
    std::string log_;
    std::optional<RequestContext> context_;
    std::latch begun_{1};
    std::latch release_{1};
};

TEST_F(GrpcListenerTest, TheWholeWay) {
    serve();
    const auto answer =
        client_->call(kRemember, memory("tea"),
                      {{"authorization", "Bearer good"},
                       {"idempotency-key", "k1"},
                       {"soma-telemetry-ref", "run 7"},
                       {"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}});
    ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
    RememberResponse response;
    ASSERT_TRUE(response.ParseFromString(answer.bytes));
    EXPECT_EQ(response.sequence(), 7U);
    EXPECT_EQ(steps(), " admit judge handle(tea)");
    EXPECT_EQ(context_->method, "somabrain.v1.Memory.Remember");
    EXPECT_EQ(context_->idempotency_key, "k1");
    EXPECT_EQ(context_->telemetry_ref, "run 7");
    EXPECT_EQ(context_->trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
    EXPECT_EQ(answer.trailing.at("request-id"), context_->request_id);
    EXPECT_EQ(log_, " OK");
}

TEST_F(GrpcListenerTest, EveryMethodOfBothServicesPassesTheGate) {
    serve();
    for (const auto* service : rpc_services()) {
        for (int i = 0; i < service->method_count(); ++i) {
            const std::string path = "/" + service->full_name() + "/" + service->method(i)->name();
            EXPECT_EQ(client_->call(path, "").status.error_code(), StatusCode::UNAUTHENTICATED);
            EXPECT_EQ(steps(), " admit") << path;
        }
    }
}

TEST_F(GrpcListenerTest, NoMessageIsDecodedForStrangers) {
    serve();
    for (const auto* token : {"", "Bearer bad", "Basic good", "good"}) {
        const auto answer = client_->call(kRemember, "\xFF\xFF", {{"authorization", token}});
        EXPECT_EQ(answer.status.error_code(), StatusCode::UNAUTHENTICATED);
        EXPECT_EQ(steps(), " admit");
        EXPECT_EQ(answer.trailing.count("request-id"), 1U);
        EXPECT_EQ(answer.trailing.at("www-authenticate"), "Bearer realm=\"somabrain\"");
    }
}

TEST_F(GrpcListenerTest, WhatIsRefusedAfterAdmissionIsToldToTheGate) {
    serve();
    EXPECT_EQ(client_->call(kRemember, "\xFF\xFF", kToken).status.error_code(),
              StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(steps(), " admit refused(400)");
    EXPECT_EQ(client_->call(kRemember, "\x0A\x02\xC3\x28", kToken).status.error_code(),
              StatusCode::INVALID_ARGUMENT);  // no UTF-8
    EXPECT_EQ(steps(), " admit refused(400)");
    const auto empty = client_->call(kRemember, "", kToken);
    EXPECT_EQ(empty.status.error_code(), StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(empty.status.error_message(), "/text: is required");
    EXPECT_EQ(steps(), " admit refused(400)");
    auto metadata = kToken;
    metadata["idempotency-key"] = std::string(129, 'k');
    EXPECT_EQ(client_->call(kRemember, memory("x"), metadata).status.error_message(),
              "Idempotency-Key: must have at most 128 characters");
    EXPECT_EQ(steps(), " admit refused(400)");
    EXPECT_EQ(call("mistake").status.error_code(), StatusCode::INTERNAL);
    EXPECT_EQ(steps(), " admit judge handle(mistake) refused(500)");
}

TEST_F(GrpcListenerTest, TheCallersDeadlineCountsUpToTheServers) {
    serve();
    const auto left = [this](std::optional<milliseconds> timeout) {
        EXPECT_TRUE(client_->call(kRemember, memory("x"), kToken, timeout).status.ok());
        return context_->deadline.at() - std::chrono::steady_clock::now();
    };
    EXPECT_LT(left(seconds(20)), seconds(21));  // gRPC sends three digits, rounded up
    EXPECT_GT(left(seconds(20)), seconds(1));
    EXPECT_LE(left(seconds(3600)), kServerTime);
    EXPECT_GT(left(seconds(3600)), seconds(20));
    EXPECT_LE(left(std::nullopt), kServerTime);
    EXPECT_GT(left(std::nullopt), seconds(20));
}

TEST_F(GrpcListenerTest, AMessageOverTheMethodsLimitIsRefusedUnread) {
    serve();
    const auto large = client_->call(kRemember, std::string((1 << 20) + 1, 'x'), kToken);
    EXPECT_EQ(large.status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_EQ(large.status.error_message(), "the message must have at most 1048576 bytes");
    const auto get =
        client_->call("/somabrain.v1.Memory/GetMemory", std::string(65'537, 'x'), kToken);
    EXPECT_EQ(get.status.error_message(), "the message must have at most 65536 bytes");
    const auto huge = client_->call("/somabrain.v1.Memory/RememberBatch",
                                    std::string((16 << 20) + 1, 'x'), kToken);
    EXPECT_EQ(huge.status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_EQ(steps(), "");
}

TEST_F(GrpcListenerTest, NobodysMethods) {
    serve();
    for (const auto* path : {"/somabrain.v1.Memory/Forget", "/somabrain.v1.Subjects/EraseSubject",
                             "/nobody.Nothing/Ever", "/x"}) {
        const auto answer = client_->call(path, "", kToken);
        EXPECT_EQ(answer.status.error_code(), StatusCode::UNIMPLEMENTED) << path;
        EXPECT_EQ(answer.trailing.count("request-id"), 1U) << path;
    }
    EXPECT_EQ(steps(), "");
    EXPECT_EQ(log_, " UNIMPLEMENTED UNIMPLEMENTED UNIMPLEMENTED UNIMPLEMENTED");
}

TEST_F(GrpcListenerTest, AFullQueueIsSaidAtOnce) {
    GrpcLimits limits;
    limits.worker_threads = 1;
    limits.queue_length = 1;
    serve(limits);
    auto running = std::async(std::launch::async, [this] { return call("wait"); });
    begun_.wait();
    auto waiting = std::async(std::launch::async, [this] { return call("second"); });
    while (listener_->queued() == 0) {
        std::this_thread::yield();
    }
    const auto refused = call("third");
    EXPECT_EQ(refused.status.error_code(), StatusCode::UNAVAILABLE);
    EXPECT_EQ(refused.trailing.at("retry-after"), "1");
    EXPECT_EQ(listener_->calls(), 2U);
    release_.count_down();
    EXPECT_TRUE(running.get().status.ok());
    EXPECT_TRUE(waiting.get().status.ok());
}

TEST_F(GrpcListenerTest, ACancelledCallIsNotBegun) {
    GrpcLimits limits;
    limits.worker_threads = 1;
    serve(limits);
    auto running = std::async(std::launch::async, [this] { return call("wait"); });
    begun_.wait();
    grpc::ClientContext context;
    auto waiting = std::async(std::launch::async, [&] {
        return client_->call(context, kRemember, memory("cancelled"), kToken, seconds(30));
    });
    while (listener_->queued() == 0) {
        std::this_thread::yield();
    }
    context.TryCancel();
    EXPECT_EQ(waiting.get().status.error_code(), StatusCode::CANCELLED);
    // The same of one whose time runs out while it waits.
    EXPECT_EQ(
        client_->call(kRemember, memory("late"), kToken, milliseconds(50)).status.error_code(),
        StatusCode::DEADLINE_EXCEEDED);
    release_.count_down();
    EXPECT_TRUE(running.get().status.ok());
    EXPECT_TRUE(call("last").status.ok());
    EXPECT_EQ(steps(), " admit judge handle(wait) admit judge handle(last)");
}

TEST_F(GrpcListenerTest, StoppingLetsCallsEndAndBeginsNone) {
    GrpcLimits limits;
    limits.worker_threads = 1;
    serve(limits);
    auto running = std::async(std::launch::async, [this] { return call("wait"); });
    begun_.wait();
    auto stopping = std::async(std::launch::async, [this] { listener_->stop(seconds(60)); });
    while (test::RpcClient(port_).call(kRemember, memory("late"), kToken, seconds(1)).status.ok()) {
    }
    steps();
    release_.count_down();
    EXPECT_TRUE(running.get().status.ok());
    stopping.get();
    EXPECT_EQ(call("after").status.error_code(), StatusCode::UNAVAILABLE);
}

TEST_F(GrpcListenerTest, StoppingWithoutGraceCutsWhatWaits) {
    GrpcLimits limits;
    limits.worker_threads = 1;
    serve(limits);
    auto running = std::async(std::launch::async, [this] { return call("wait"); });
    begun_.wait();
    auto waiting = std::async(std::launch::async, [this] { return call("second"); });
    while (listener_->queued() == 0) {
        std::this_thread::yield();
    }
    auto stopping = std::async(std::launch::async, [this] { listener_->stop(milliseconds(0)); });
    EXPECT_FALSE(waiting.get().status.ok());
    release_.count_down();
    running.get();
    stopping.get();
    EXPECT_EQ(steps().find("second"), std::string::npos);
}

TEST_F(GrpcListenerTest, HealthIsOpenToAll) {
    serve();
    const auto health = [this](const std::string& service) {
        return client_->call(
            "/grpc.health.v1.Health/Check",
            service.empty() ? ""
                            : "\x0A" + std::string(1, static_cast<char>(service.size())) + service);
    };
    const std::string serving = "\x08\x01";
    EXPECT_EQ(health("").bytes, serving);
    EXPECT_EQ(health("somabrain.v1.Memory").bytes, serving);
    EXPECT_EQ(health("somabrain.v1.Brain").bytes, serving);
    EXPECT_EQ(health("nobody").status.error_code(), StatusCode::NOT_FOUND);
}

TEST_F(GrpcListenerTest, APortThatIsHeldForItIsBound) {
    const auto hold = config::PortHold::take(0);
    ASSERT_TRUE(hold);
    GrpcListener listener(*corridor_, rpc_services(), {});
    EXPECT_EQ(listener.start("127.0.0.1", static_cast<std::uint16_t>(hold->port())), hold->port());
}

TEST_F(GrpcListenerTest, APortHasOneServer) {
    serve();
    GrpcListener other(*corridor_, rpc_services(), {});
    try {
        other.start("127.0.0.1", port_);
        FAIL() << "two servers listen on one port";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::unavailable);
        EXPECT_NE(error.public_message().find(std::to_string(port_)), std::string::npos);
    }
}

}  // namespace
}  // namespace soma::server
