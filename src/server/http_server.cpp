#include "server/http_server.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <set>
#include <thread>
#include <vector>

#include "base/error.h"
#include "server/http/session.h"
#include "server/http/shared.h"

namespace soma::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kResult = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMostTurnedAway = 64;  // answered 503 at one time; more are just closed
constexpr std::chrono::milliseconds kAcceptPause{50};
constexpr std::chrono::milliseconds kCutTime{5'000};

/// A tenth of the shortest limit, so that none is overrun by much.
std::chrono::milliseconds sweep_interval(const ListenerLimits& limits) {
    const auto shortest = std::min(
        {limits.header_timeout, limits.body_timeout, limits.write_timeout, limits.idle_timeout});
    return std::clamp(shortest / 10, std::chrono::milliseconds(5), std::chrono::milliseconds(250));
}

/// One thread with the sessions that live on it; all but `context` is touched by that thread alone.
struct IoThread {
    std::set<Session*> sessions;  // before `context`: its coroutines leave the set when destroyed
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
    std::thread thread;
};

asio::awaitable<void> serve(IoThread& home, tcp::socket socket, ListenerState& state,
                            bool is_turned_away) {
    Session session(std::move(socket), state);
    home.sessions.insert(&session);
    struct Leave {
        IoThread& home;
        Session* session;
        ~Leave() { home.sessions.erase(session); }
    } const leave{home, &session};
    if (is_turned_away) {
        co_await session.turn_away();
    } else {
        co_await session.run();
    }
}

asio::awaitable<void> sweep_forever(IoThread& home, std::chrono::milliseconds interval) {
    asio::steady_timer timer(home.context);
    for (;;) {
        timer.expires_after(interval);
        const auto [error] = co_await timer.async_wait(kResult);
        if (error) {
            co_return;
        }
        const auto now = std::chrono::steady_clock::now();
        for (Session* session : home.sessions) {
            session->sweep(now);
        }
    }
}

}  // namespace

class HttpListener::Impl {
  public:
    Impl(Site site, ListenerLimits limits) : state_(std::move(site), limits) {
        for (int i = 0; i < std::max(limits.io_threads, 1); ++i) {
            threads_.push_back(std::make_unique<IoThread>());
        }
    }
    ~Impl() { stop(std::chrono::milliseconds(0)); }

    std::uint16_t start(const std::string& address, std::uint16_t port) {
        SOMA_ASSERT(!acceptor_, "a listener starts once");
        acceptor_.emplace(threads_.front()->context);
        try {
            const tcp::endpoint endpoint(asio::ip::make_address(address), port);
            acceptor_->open(endpoint.protocol());
            acceptor_->set_option(tcp::acceptor::reuse_address(true));
            acceptor_->bind(endpoint);
            acceptor_->listen();
        } catch (const boost::system::system_error& error) {
            acceptor_.reset();
            throw Error(ErrorKind::unavailable, "cannot listen on " + address + " port " +
                                                    std::to_string(port) + ": " +
                                                    error.code().message());
        }
        const std::uint16_t bound = acceptor_->local_endpoint().port();
        asio::co_spawn(threads_.front()->context, accept_forever(), asio::detached);
        for (auto& home : threads_) {
            asio::co_spawn(home->context, sweep_forever(*home, sweep_interval(state_.limits)),
                           asio::detached);
            home->thread = std::thread([&home = *home] { home.context.run(); });
        }
        return bound;
    }

    void stop(std::chrono::milliseconds grace) {
        const std::lock_guard lock(stop_mutex_);
        if (stopped_) {
            return;
        }
        stopped_ = true;
        state_.stopping = true;
        if (acceptor_) {
            asio::post(threads_.front()->context, [this] {
                error_code ignored;
                acceptor_->close(ignored);
            });
            on_every_session(
                [](Session& session) { session.sweep(std::chrono::steady_clock::now()); });
            if (!state_.wait_until_empty(grace)) {
                state_.cutting = true;
                on_every_session([](Session& session) { session.cut(); });
            }
        }
        state_.pool.stop();
        if (acceptor_) {
            // What a worker still held comes back to its session, which finds its socket closed.
            state_.wait_until_empty(kCutTime);
        }
        for (auto& home : threads_) {
            home->context.stop();
            if (home->thread.joinable()) {
                home->thread.join();
            }
        }
    }

    const ListenerState& state() const { return state_; }

  private:
    template <class Action>
    void on_every_session(Action action) {
        for (auto& home : threads_) {
            asio::post(home->context, [&home = *home, action] {
                for (Session* session : home.sessions) {
                    action(*session);
                }
            });
        }
    }

    asio::awaitable<void> accept_forever() {
        for (std::size_t next = 0; acceptor_->is_open(); ++next) {
            IoThread& home = *threads_[next % threads_.size()];
            auto [error, socket] = co_await acceptor_->async_accept(home.context, kResult);
            if (error == asio::error::operation_aborted) {
                co_return;
            }
            if (error) {
                // Out of descriptors, most likely: wait for some to be given back.
                asio::steady_timer pause(threads_.front()->context, kAcceptPause);
                co_await pause.async_wait(kResult);
                continue;
            }
            admit(home, std::move(socket));
        }
    }

    void admit(IoThread& home, tcp::socket socket) {
        const std::size_t open = state_.connections();
        const std::size_t max = state_.limits.max_connections;
        error_code ignored;
        if (open >= max + kMostTurnedAway || state_.stopping) {
            socket.close(ignored);
            return;
        }
        socket.set_option(tcp::no_delay(true), ignored);
        state_.connection_opened();
        asio::co_spawn(home.context, serve(home, std::move(socket), state_, open >= max),
                       asio::detached);
    }

    ListenerState state_;
    std::vector<std::unique_ptr<IoThread>> threads_;
    std::optional<tcp::acceptor> acceptor_;
    std::mutex stop_mutex_;
    bool stopped_ = false;
};

HttpListener::HttpListener(Site site, ListenerLimits limits)
    : impl_(std::make_unique<Impl>(std::move(site), limits)) {}

HttpListener::~HttpListener() = default;

std::uint16_t HttpListener::start(const std::string& address, std::uint16_t port) {
    return impl_->start(address, port);
}

void HttpListener::stop(std::chrono::milliseconds grace) {
    impl_->stop(grace);
}

std::size_t HttpListener::connections() const {
    return impl_->state().connections();
}

std::size_t HttpListener::queued() const {
    return impl_->state().pool.queued();
}

}  // namespace soma::server
