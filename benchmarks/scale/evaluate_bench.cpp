// An open loop of evaluations over HTTP: requests go out when they are due, whatever has become of
// those before, and a request's time counts from when it was due. `./dev bench evaluate` runs it
// against the running stack.
//
//     bench_evaluate PLAN.json
//
// The plan: port, tokens (a tenant each), known (queries), words (a new query is a word before a
// known one), rate, seconds, connections, new_share, sessions, seed. Prints one JSON object.
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <chrono>
#include <deque>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "bench_main.h"

namespace soma::bench {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace json = boost::json;
using Clock = std::chrono::steady_clock;
using Strings = std::vector<std::string>;

constexpr std::size_t kMostWaiting = 20'000;  ///< due and without a connection: the rest is refused
constexpr std::chrono::seconds kPatience{30};

struct Plan {
    std::uint16_t port = 0;
    Strings tokens, known, words;
    double rate = 0;
    double seconds = 0;
    int connections = 0;
    double new_share = 0;
    int sessions = 0;
    std::uint64_t seed = 0;
};

Plan read_plan(const char* path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    const auto plan = json::parse(text.str()).as_object();
    const auto strings = [&](const char* name) { return json::value_to<Strings>(plan.at(name)); };
    return {plan.at("port").to_number<std::uint16_t>(),
            strings("tokens"),
            strings("known"),
            strings("words"),
            plan.at("rate").to_number<double>(),
            plan.at("seconds").to_number<double>(),
            plan.at("connections").to_number<int>(),
            plan.at("new_share").to_number<double>(),
            plan.at("sessions").to_number<int>(),
            plan.at("seed").to_number<std::uint64_t>()};
}

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto of = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

/// One thread: the connections and the clock that feeds them.
class OpenLoop {
  public:
    explicit OpenLoop(Plan plan) : plan_(std::move(plan)), random_(plan_.seed) {}

    json::object run() {
        for (int i = 0; i < plan_.connections; ++i) {
            asio::co_spawn(io_, connection(), asio::detached);
        }
        asio::co_spawn(io_, feed(), asio::detached);
        const double cpu = cpu_seconds();
        io_.run();
        return report(cpu_seconds() - cpu);
    }

  private:
    struct Due {
        Clock::time_point at;
        http::request<http::string_body> request;
    };

    http::request<http::string_body> next_request() {
        const auto pick = [&](const Strings& from) -> const std::string& {
            return from[random_() % from.size()];
        };
        std::string query = pick(plan_.known);
        if (std::uniform_real_distribution<>()(random_) < plan_.new_share) {
            query = pick(plan_.words) + ": " + query;
        }
        json::object body{{"query", std::move(query)}};
        if (plan_.sessions > 0) {
            body["session_id"] =
                "s" + std::to_string(random_() % static_cast<std::uint64_t>(plan_.sessions));
        }
        http::request<http::string_body> request(http::verb::post, "/v1/brain/evaluate", 11);
        request.set(http::field::host, "127.0.0.1");
        request.set(http::field::authorization, "Bearer " + pick(plan_.tokens));
        request.set(http::field::content_type, "application/json");
        request.body() = json::serialize(body);
        request.prepare_payload();
        return request;
    }

    asio::awaitable<void> feed() {
        asio::steady_timer timer(io_);
        // Not before all are connected: connecting is no part of what is measured.
        while (connected_ < plan_.connections) {
            timer.expires_after(std::chrono::milliseconds(5));
            co_await timer.async_wait(asio::use_awaitable);
        }
        const auto begin = Clock::now();
        const auto count = static_cast<std::uint64_t>(plan_.rate * plan_.seconds);
        for (std::uint64_t i = 0; i < count; ++i) {
            const auto at =
                begin + std::chrono::duration_cast<Clock::duration>(
                            std::chrono::duration<double>(static_cast<double>(i) / plan_.rate));
            if (at > Clock::now()) {
                timer.expires_at(at);
                co_await timer.async_wait(asio::use_awaitable);
            }
            if (waiting_.size() >= kMostWaiting) {
                ++outcomes_["not sent"];
                continue;
            }
            waiting_.push_back({at, next_request()});
            if (!idle_.empty()) {
                idle_.front()->cancel();
                idle_.pop_front();
            }
        }
        ended_ = true;
        for (auto* each : idle_) {
            each->cancel();
        }
        idle_.clear();
    }

    /// nullopt: there will be no more.
    asio::awaitable<std::optional<Due>> next() {
        asio::steady_timer wake(io_, Clock::time_point::max());
        while (waiting_.empty()) {
            if (ended_) {
                co_return std::nullopt;
            }
            idle_.push_back(&wake);
            boost::system::error_code woken;
            co_await wake.async_wait(asio::redirect_error(asio::use_awaitable, woken));
            wake.expires_at(Clock::time_point::max());
        }
        std::optional<Due> due(std::move(waiting_.front()));
        waiting_.pop_front();
        co_return due;
    }

    asio::awaitable<void> connection() {
        const asio::ip::tcp::endpoint server(asio::ip::address_v4::loopback(), plan_.port);
        bool counted = false;
        while (true) {
            beast::tcp_stream stream(io_);
            beast::flat_buffer buffer;
            boost::system::error_code failed;
            co_await stream.async_connect(server,
                                          asio::redirect_error(asio::use_awaitable, failed));
            if (!counted) {
                ++connected_;
                counted = true;
            }
            while (!failed) {
                auto due = co_await next();
                if (!due) {
                    co_return;
                }
                stream.expires_after(kPatience);
                co_await http::async_write(stream, due->request,
                                           asio::redirect_error(asio::use_awaitable, failed));
                http::response<http::string_body> response;
                if (!failed) {
                    co_await http::async_read(stream, buffer, response,
                                              asio::redirect_error(asio::use_awaitable, failed));
                }
                count(*due, failed ? "no answer" : std::to_string(response.result_int()));
            }
        }
    }

    void count(const Due& due, const std::string& outcome) {
        const auto now = Clock::now();
        ++outcomes_[outcome];
        if (outcome == "200") {
            milliseconds_.push_back(std::chrono::duration<float, std::milli>(now - due.at).count());
        }
    }

    json::object report(double cpu) {
        std::sort(milliseconds_.begin(), milliseconds_.end());
        const auto at = [&](double q) {
            const auto rank =
                static_cast<std::size_t>(q * static_cast<double>(milliseconds_.size()));
            return milliseconds_.empty() ? 0.0F
                                         : milliseconds_[std::min(rank, milliseconds_.size() - 1)];
        };
        json::object outcomes;
        std::uint64_t all = 0;
        for (const auto& [outcome, number] : outcomes_) {
            outcomes[outcome] = number;
            all += number;
        }
        return {{"requests", all},
                {"answered", milliseconds_.size()},
                {"outcomes", std::move(outcomes)},
                {"p50_ms", at(0.5)},
                {"p95_ms", at(0.95)},
                {"p99_ms", at(0.99)},
                {"most_ms", at(1)},
                {"generator_cpu_s", cpu}};
    }

    const Plan plan_;
    std::mt19937_64 random_;
    asio::io_context io_{1};
    std::deque<Due> waiting_;
    std::deque<asio::steady_timer*> idle_;
    int connected_ = 0;
    bool ended_ = false;
    std::vector<float> milliseconds_;
    std::map<std::string, std::uint64_t> outcomes_;
};

}  // namespace
}  // namespace soma::bench

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "bench_evaluate PLAN.json\n";
        return 2;
    }
    return soma::bench_main([&] {
        soma::bench::OpenLoop loop(soma::bench::read_plan(argv[1]));
        std::cout << boost::json::serialize(loop.run()) << std::endl;
        return 0;
    });
}
