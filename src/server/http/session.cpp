#include "server/http/session.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <utility>

#include "server/error_reply.h"
#include "server/http/reply_text.h"
#include "server/request_headers.h"

namespace soma::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kFirstRead = 4096;
constexpr std::size_t kMostIdleBuffer = 64 * 1024;  // a larger one is given back between requests
constexpr std::size_t kMostLingering = 1 << 20;
constexpr std::chrono::seconds kLingerTime{2};
constexpr auto kResult = asio::as_tuple(asio::use_awaitable);

std::string lower_case(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return out;
}

/// 503 for what this process has no room for.
HttpReply no_room(std::string_view what, std::string_view request_id) {
    return error_reply(Error(ErrorKind::unavailable, std::string(what)), request_id);
}

HttpReply too_large(std::uint64_t max_bytes, std::string_view request_id) {
    return error_reply(Error(ErrorKind::payload_too_large,
                             "the body must have at most " + std::to_string(max_bytes) + " bytes"),
                       request_id);
}

}  // namespace

struct Session::Buffer : beast::flat_buffer {};

/// One request while it is read and answered.
class Session::Request {
  public:
    explicit Request(ListenerState& state) : state_(state) {
        parser.header_limit(state.limits.max_header_bytes);
        parser.body_limit(boost::none);  // the route's limit, once the route is known
        head.request_id = state.request_ids.next(wall_clock_now()).to_string();
    }
    ~Request() { state_.give_body_bytes(taken_); }
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;

    const auto& message() const { return parser.get(); }
    bool has_body() const { return parser.chunked() || parser.content_length().value_or(0) > 0; }

    void fill_head() {
        head.verb = std::string(message().method_string());
        head.target = std::string(message().target());
        for (const auto& field : message()) {
            head.headers.emplace_back(lower_case(field.name_string()), std::string(field.value()));
        }
    }

    /// What HTTP/1.1 itself forbids; a body whose end two parsers may see in different places is
    /// how requests are smuggled past proxies.
    std::optional<HttpReply> check_framing() const {
        const auto hosts = message().count(http::field::host);
        if (hosts > 1 || (hosts == 0 && message().version() == 11)) {
            return trouble_reply(HttpTrouble::malformed, "one Host header is needed",
                                 head.request_id);
        }
        if (hosts == 1 && !is_legal_host(message()[http::field::host])) {
            return trouble_reply(HttpTrouble::malformed, "the Host header names no host",
                                 head.request_id);
        }
        // Anything else is read differently by different servers: a proxy's idea of where a body
        // ends must be ours.
        const auto codings = message().count(http::field::transfer_encoding);
        if (codings > 0 &&
            (codings > 1 || message().version() != 11 ||
             !beast::iequals(message()[http::field::transfer_encoding], "chunked"))) {
            return trouble_reply(HttpTrouble::malformed, "Transfer-Encoding must be chunked",
                                 head.request_id);
        }
        return std::nullopt;
    }

    bool take_body_bytes(std::uint64_t bytes) {
        const bool taken = state_.take_body_bytes(bytes);
        taken_ += taken ? bytes : 0;
        return taken;
    }

    http::request_parser<http::string_body> parser;
    RequestHead head;
    Disposition disposition;
    bool must_close = false;  ///< what follows on the connection cannot be trusted or is unread

  private:
    ListenerState& state_;
    std::uint64_t taken_ = 0;
};

Session::Session(tcp::socket socket, ListenerState& state)
    : socket_(std::move(socket)), state_(state), buffer_(std::make_unique<Buffer>()) {}

Session::~Session() {
    cut();
    state_.connection_closed();
}

void Session::cut() {
    error_code ignored;
    socket_.close(ignored);
}

void Session::enter(Phase phase, std::chrono::milliseconds limit) {
    phase_ = phase;
    due_ = Clock::now() + limit;
    timed_out_ = false;
}

void Session::sweep(Clock::time_point now) {
    const bool is_over = phase_ == Phase::idle && state_.stopping.load();
    if (phase_ == Phase::running || (now < due_ && !is_over)) {
        return;
    }
    timed_out_ = true;
    error_code ignored;
    socket_.cancel(ignored);
}

asio::awaitable<void> Session::run() {
    try {
        bool go_on = true;
        while (go_on) {
            go_on = co_await serve_one();
        }
    } catch (const std::exception&) {
        // The peer is gone or memory is short: this connection ends, the others go on.
    }
    cut();
}

asio::awaitable<void> Session::turn_away() {
    try {
        Request request(state_);
        request.must_close = true;
        co_await send(request, no_room("too many connections", request.head.request_id));
    } catch (const std::exception&) {
        // As above.
    }
    cut();
}

asio::awaitable<bool> Session::serve_one() {
    const bool has_bytes = co_await wait_for_bytes();
    if (!has_bytes) {
        co_return false;
    }
    Request request(state_);
    enter(Phase::receiving, state_.limits.header_timeout);
    const auto [error, size] =
        co_await http::async_read_header(socket_, *buffer_, request.parser, kResult);
    if (error) {
        if (error == http::error::end_of_stream ||
            (error.category() == asio::error::get_system_category() && !timed_out_)) {
            co_return false;
        }
        request.must_close = true;
        co_return co_await send(request, trouble_with(request, error));
    }
    request.fill_head();
    if (auto refusal = request.check_framing()) {
        request.must_close = true;
        co_return co_await send(request, std::move(*refusal));
    }
    request.disposition = state_.site(request.head);
    if (request.disposition.refusal) {
        request.must_close = request.has_body();
        co_return co_await send(request, std::move(*request.disposition.refusal));
    }
    const bool is_received = co_await receive_body(request);
    if (!is_received) {
        co_return false;
    }
    phase_ = Phase::running;
    request.head.received = Clock::now();
    HttpReply reply = co_await run_in_pool(request);
    co_return co_await send(request, std::move(reply));
}

/// False when the connection ends here: closed by the peer, idle too long, or the server stops.
asio::awaitable<bool> Session::wait_for_bytes() {
    if (buffer_->size() > 0) {
        co_return true;  // pipelined
    }
    if (buffer_->capacity() > kMostIdleBuffer) {
        buffer_->clear();
        buffer_->shrink_to_fit();
    }
    enter(Phase::idle, state_.limits.idle_timeout);
    if (state_.stopping.load()) {
        co_return false;
    }
    const auto [error, size] =
        co_await socket_.async_read_some(buffer_->prepare(kFirstRead), kResult);
    buffer_->commit(size);
    co_return !error && size > 0;
}

/// False when the connection is over; a refusal has then been sent already.
asio::awaitable<bool> Session::receive_body(Request& request) {
    const std::uint64_t max_bytes = request.disposition.max_body_bytes;
    const std::string& request_id = request.head.request_id;
    if (!request.has_body()) {
        co_return true;
    }
    std::optional<HttpReply> refusal;
    const auto expect = request.message()[http::field::expect];
    const std::uint64_t announced = request.parser.content_length().value_or(max_bytes);
    if (!expect.empty() && !beast::iequals(expect, "100-continue")) {
        refusal = trouble_reply(HttpTrouble::expectation_failed, "", request_id);
    } else if (max_bytes == 0) {
        refusal = error_reply(Error(ErrorKind::invalid_argument, "this request takes no body"),
                              request_id);
    } else if (announced > max_bytes) {
        refusal = too_large(max_bytes, request_id);
    }
    if (!refusal) {
        request.parser.body_limit(max_bytes);
        enter(Phase::receiving, state_.limits.body_timeout);
        if (!expect.empty() && request.message().version() == 11) {
            static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
            co_await asio::async_write(socket_, asio::buffer(kContinue), kResult);
        }
        request.parser.eager(true);
        while (!refusal && !request.parser.is_done()) {
            const auto [error, size] =
                co_await http::async_read_some(socket_, *buffer_, request.parser, kResult);
            if (error && error.category() == asio::error::get_system_category() && !timed_out_) {
                co_return false;
            }
            if (error) {
                refusal = trouble_with(request, error);
            } else if (!request.take_body_bytes(size)) {
                // Counted as it arrives: what is only announced takes no memory, and may never
                // come.
                refusal = no_room("too many bodies are being read", request_id);
            }
        }
        if (!refusal) {
            co_return true;
        }
    }
    request.must_close = true;
    co_await send(request, std::move(*refusal));
    co_return false;
}

HttpReply Session::trouble_with(const Request& request, const error_code& error) const {
    const std::string& request_id = request.head.request_id;
    if (timed_out_) {
        return trouble_reply(HttpTrouble::request_timeout, "", request_id);
    }
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
        return trouble_reply(HttpTrouble::headers_too_large,
                             "at most " + std::to_string(state_.limits.max_header_bytes) + " bytes",
                             request_id);
    }
    if (error == http::error::body_limit) {
        return too_large(request.disposition.max_body_bytes, request_id);
    }
    return trouble_reply(HttpTrouble::malformed, error.message(), request_id);
}

/// Hops to a worker and back. The completion handler travels inside the job, so whoever holds it
/// last is the I/O thread.
asio::awaitable<HttpReply> Session::run_in_pool(Request& request) {
    const auto executor = co_await asio::this_coro::executor;
    const auto work = [this, &request] {
        if (state_.cutting.load()) {
            return no_room("stopping", request.head.request_id);
        }
        try {
            return request.disposition.run(request.head, std::move(request.parser.get().body()));
        } catch (const std::exception&) {
            return error_reply(Error(ErrorKind::internal, "unexpected"), request.head.request_id);
        }
    };
    const auto initiate = [this, &request, &executor, &work](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        auto job = [shared, executor, work]() mutable {
            HttpReply reply = work();
            asio::post(executor, [shared = std::move(shared), reply = std::move(reply)]() mutable {
                (*shared)(std::move(reply));
            });
        };
        if (!state_.pool.try_post(std::move(job))) {
            asio::post(executor, [shared = std::move(shared),
                                  reply = no_room("too many requests are waiting",
                                                  request.head.request_id)]() mutable {
                (*shared)(std::move(reply));
            });
        }
    };
    co_return co_await asio::async_initiate<decltype(asio::use_awaitable), void(HttpReply)>(
        initiate, asio::use_awaitable);
}

/// True when the connection can take another request.
asio::awaitable<bool> Session::send(const Request& request, HttpReply reply) {
    const bool keep_alive = !request.must_close && request.parser.is_header_done() &&
                            request.message().keep_alive() && !state_.stopping.load();
    const bool is_http_1_0 = request.message().version() == 10;
    const std::string head = reply_head(reply, request.head.request_id, keep_alive, is_http_1_0,
                                        std::chrono::system_clock::now());
    if (request.message().method() == http::verb::head) {
        reply.body.clear();
    }
    enter(Phase::sending, state_.limits.write_timeout);
    const std::array<asio::const_buffer, 2> parts{asio::buffer(head), asio::buffer(reply.body)};
    const auto [error, size] = co_await asio::async_write(socket_, parts, kResult);
    if (error) {
        co_return false;
    }
    if (!keep_alive) {
        co_await linger();
    }
    co_return keep_alive;
}

/// Says that no more comes, and drains what the peer still sends: closing a socket with unread
/// bytes resets the connection, and a reset can destroy the answer on its way.
asio::awaitable<void> Session::linger() {
    error_code error;
    socket_.shutdown(tcp::socket::shutdown_send, error);
    enter(Phase::lingering, kLingerTime);
    std::size_t drained = 0;
    while (!error && drained < kMostLingering) {
        buffer_->clear();
        const auto [read_error, size] =
            co_await socket_.async_read_some(buffer_->prepare(kFirstRead), kResult);
        error = read_error;
        drained += size;
    }
}

}  // namespace soma::server
