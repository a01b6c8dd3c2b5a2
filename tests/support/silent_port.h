#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace soma::test {

/// A real listener on loopback that accepts, sends `greeting` once the first bytes have come, and
/// then says nothing more: a hung server, or one that talks nonsense. Ends with the object.
class SilentPort {
  public:
    explicit SilentPort(std::string greeting = {}) : greeting_(std::move(greeting)) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* any = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listener_, any, size) != 0 || ::listen(listener_, 16) != 0 ||
            ::getsockname(listener_, any, &size) != 0) {
            throw std::runtime_error("no port to listen on");
        }
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~SilentPort() {
        stop_ = true;
        thread_.join();
        for (const int connection : connections_) ::close(connection);
        ::close(listener_);
    }
    SilentPort(const SilentPort&) = delete;
    SilentPort& operator=(const SilentPort&) = delete;

    int port() const { return port_; }
    int accepted() const { return accepted_; }

  private:
    void serve() {
        while (!stop_) {
            pollfd waiting{listener_, POLLIN, 0};
            if (::poll(&waiting, 1, 10) > 0) {
                const int connection = ::accept(listener_, nullptr, nullptr);
                connections_.push_back(connection);
                ++accepted_;
                greet(connection);
            }
        }
    }
    void greet(int connection) const {
        char buffer[4096];
        if (!greeting_.empty() && ::recv(connection, buffer, sizeof buffer, 0) > 0) {
            ::send(connection, greeting_.data(), greeting_.size(), MSG_NOSIGNAL);
        }
    }

    std::string greeting_;
    int listener_ = -1;
    int port_ = 0;
    std::atomic<bool> stop_{false};
    std::atomic<int> accepted_{0};
    std::vector<int> connections_;
    std::thread thread_;
};

}  // namespace soma::test
