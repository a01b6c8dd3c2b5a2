#pragma once
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>

#include "server/error_reply.h"
#include "server/http_server.h"

namespace soma::server::test {

/// A door that handlers wait behind, so tests decide when a request ends.
class Door {
  public:
    void wait() {
        std::unique_lock lock(mutex_);
        ++waiting_;
        change_.notify_all();
        change_.wait(lock, [this] { return is_open_; });
        --waiting_;
    }
    void open() {
        const std::lock_guard lock(mutex_);
        is_open_ = true;
        change_.notify_all();
    }
    void wait_for_waiters(int count) {
        std::unique_lock lock(mutex_);
        change_.wait(lock, [&] { return waiting_ >= count; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable change_;
    int waiting_ = 0;
    bool is_open_ = false;
};

/// POST /echo (≤ 1,000 bytes) answers with its body, GET /door waits at the door, GET /throw
/// throws, GET /early is answered without a worker, all else is refused.
inline Site echo_site(Door& door) {
    return [&door](const RequestHead& head) -> Disposition {
        if (head.target == "/echo") {
            return {std::nullopt, 1000, [](const RequestHead&, std::string body) {
                        return HttpReply{.body = std::move(body)};
                    }};
        }
        if (head.target == "/door") {
            return {std::nullopt, 0, [&door](const RequestHead&, const std::string&) {
                        door.wait();
                        return HttpReply{.body = "through"};
                    }};
        }
        if (head.target == "/throw") {
            return {std::nullopt, 0, [](const RequestHead&, const std::string&) -> HttpReply {
                        throw std::runtime_error("a site must not throw");
                    }};
        }
        if (head.target == "/early") {
            return {HttpReply{.body = "early"}, 0, {}};
        }
        return {trouble_reply(HttpTrouble::no_such_path, "", head.request_id), 0, {}};
    };
}

/// A listener on a free loopback port.
struct Server {
    Door door;  // before the listener: its handlers may wait there until it stopped
    HttpListener listener;
    std::uint16_t port;

    explicit Server(ListenerLimits limits = {})
        : listener(echo_site(door), limits), port(listener.start("127.0.0.1", 0)) {}
    ~Server() {
        door.open();
        listener.stop(std::chrono::milliseconds(0));
    }
};

}  // namespace soma::server::test
