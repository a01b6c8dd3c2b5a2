#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "server/http/shared.h"

namespace soma::server {

/// One connection, from accept to close. Lives on one I/O thread; only the handlers it waits for
/// run elsewhere. Requests are served one after another, so pipelined ones are answered in order.
class Session {
  public:
    Session(boost::asio::ip::tcp::socket socket, ListenerState& state);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// Serves until either side closes. Does not throw.
    boost::asio::awaitable<void> run();
    /// Answers 503 and closes: one connection too many.
    boost::asio::awaitable<void> turn_away();

    /// Called every now and then: ends what takes too long and, when stopping, what is idle. One
    /// timer for all sessions instead of one each: no timer is touched on the way of a request.
    void sweep(std::chrono::steady_clock::time_point now);
    void cut();

  private:
    /// What the peer is waited for, and until when.
    enum class Phase : std::uint8_t { idle, receiving, running, sending, lingering };
    class Request;
    struct Buffer;

    boost::asio::awaitable<bool> serve_one();
    boost::asio::awaitable<bool> wait_for_bytes();
    boost::asio::awaitable<bool> receive_body(Request& request);
    boost::asio::awaitable<HttpReply> run_in_pool(Request& request);
    boost::asio::awaitable<bool> send(const Request& request, HttpReply reply);
    boost::asio::awaitable<void> linger();
    HttpReply trouble_with(const Request& request, const boost::system::error_code& error) const;
    void enter(Phase phase, std::chrono::milliseconds limit);

    boost::asio::ip::tcp::socket socket_;
    ListenerState& state_;
    std::unique_ptr<Buffer> buffer_;  ///< bytes read and not yet parsed
    Phase phase_ = Phase::idle;
    std::chrono::steady_clock::time_point due_ = std::chrono::steady_clock::time_point::max();
    bool timed_out_ = false;
};

}  // namespace soma::server
