#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace soma::server::test {

/// An answer as it came over the wire; status 0: the connection ended before a whole one.
struct RawAnswer {
    int status = 0;
    std::map<std::string, std::string> headers;  ///< names as sent
    std::string body;
};

/// A blocking TCP client on loopback that sends exactly the bytes it is told to: what polite HTTP
/// clients cannot do. Waits at most ten seconds for anything.
class RawClient {
  public:
    explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        const timeval limit{10, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        is_connected_ =
            ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }
    ~RawClient() { ::close(socket_); }
    RawClient(RawClient&& other) noexcept
        : socket_(std::exchange(other.socket_, -1)),
          is_connected_(other.is_connected_),
          buffer_(std::move(other.buffer_)) {}
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    bool is_connected() const { return is_connected_; }

    /// Bytes that could not be sent show in the answer.
    RawClient& send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) {
                break;
            }
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return *this;
    }

    void end_sending() { ::shutdown(socket_, SHUT_WR); }

    /// `has_body` is false for answers to HEAD and for 100 Continue.
    RawAnswer read(bool has_body = true) {
        RawAnswer answer;
        std::size_t end = 0;
        while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
            if (!receive()) {
                return {};
            }
        }
        parse_head(std::string_view(buffer_).substr(0, end), answer);
        buffer_.erase(0, end + 4);
        const auto length = answer.headers.find("Content-Length");
        const std::size_t size =
            has_body && length != answer.headers.end() ? std::stoul(length->second) : 0;
        while (buffer_.size() < size) {
            if (!receive()) {
                return {};
            }
        }
        answer.body = buffer_.substr(0, size);
        buffer_.erase(0, size);
        return answer;
    }

    /// True when the server closed and sent nothing more.
    bool is_at_end() {
        while (receive()) {
        }
        return buffer_.empty() && ended_;
    }

  private:
    bool receive() {
        char bytes[65536];
        const ssize_t size = ::recv(socket_, bytes, sizeof bytes, 0);
        if (size <= 0) {
            ended_ = size == 0 || errno == ECONNRESET;
            return false;
        }
        buffer_.append(bytes, static_cast<std::size_t>(size));
        return true;
    }

    static void parse_head(std::string_view head, RawAnswer& answer) {
        answer.status = std::atoi(std::string(head.substr(head.find(' ') + 1, 3)).c_str());
        std::size_t at = head.find("\r\n");
        while (at != std::string_view::npos) {
            const std::size_t next = head.find("\r\n", at + 2);
            const std::string_view line = head.substr(
                at + 2, next == std::string_view::npos ? std::string_view::npos : next - at - 2);
            const std::size_t colon = line.find(": ");
            answer.headers[std::string(line.substr(0, colon))] = line.substr(colon + 2);
            at = next;
        }
    }

    int socket_;
    bool is_connected_ = false;
    bool ended_ = false;
    std::string buffer_;
};

/// "POST /echo" with a body, or a request without one.
inline std::string make_request(std::string_view verb, std::string_view target,
                                std::string_view body = "", std::string_view more_headers = "") {
    std::string out(verb);
    out +=
        " " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(more_headers);
    if (!body.empty()) {
        out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    }
    return out + "\r\n" + std::string(body);
}

}  // namespace soma::server::test
