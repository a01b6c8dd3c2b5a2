#include "config/ports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cstddef>
#include <cstring>

#include "base/error.h"
#include "config/config.h"

namespace soma::config {
namespace {

// Other programs may race us for a port the kernel proposed; that many in a row is no coincidence.
constexpr int kMaxProposals = 1000;

int claim_name(int port) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    const std::string name = "somabrain-port-" + std::to_string(port);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, name.data(), name.size());  // leading NUL: abstract
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), length) == 0) return fd;
    ::close(fd);
    return -1;
}

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

int allow_reuse(int fd) {
    const int on = 1;
    return ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

int bind_port(int port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    auto address = loopback(port);
    // A proposed port must be wholly free, so reuse is allowed only after the kernel has chosen.
    if ((port != 0 && allow_reuse(fd) != 0) ||
        ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        allow_reuse(fd) != 0) {
        ::close(fd);
        return -1;
    }
    return fd;
}

int port_of(int fd) {
    sockaddr_in address{};
    socklen_t length = sizeof address;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) return 0;
    return ntohs(address.sin_port);
}

std::optional<int> recorded_port(const boost::json::value& file, std::string_view key) {
    const auto* object = file.if_object();
    const auto* port = object == nullptr ? nullptr : object->if_contains(key);
    if (port == nullptr || !port->is_int64()) return std::nullopt;
    if (port->as_int64() < 1 || port->as_int64() > 65535) return std::nullopt;
    return static_cast<int>(port->as_int64());
}

int preferred_port(const Setting& setting) {
    int port = 0;
    std::from_chars(setting.initial.data(), setting.initial.data() + setting.initial.size(), port);
    return port;
}

AllocatedPort allocate(const PortRequest& request) {
    for (const int choice : request.choices) {
        if (auto hold = PortHold::take(choice)) return {request.key, choice, std::move(hold)};
    }
    if (auto hold = PortHold::take(0)) {
        const int port = hold->port();
        return {request.key, port, std::move(hold)};
    }
    throw Error(ErrorKind::unavailable, request.key + ": no free port on 127.0.0.1");
}

}  // namespace

std::optional<PortHold> PortHold::take(int port) {
    for (int attempt = 0; attempt < (port == 0 ? kMaxProposals : 1); ++attempt) {
        const int tcp = bind_port(port);
        if (tcp < 0) return std::nullopt;
        const int number = port_of(tcp);
        const int name = claim_name(number);
        if (name >= 0) return PortHold(number, tcp, name);
        ::close(tcp);
    }
    return std::nullopt;
}

PortHold::PortHold(PortHold&& other) noexcept
    : port_(other.port_),
      tcp_(std::exchange(other.tcp_, -1)),
      name_(std::exchange(other.name_, -1)) {}

PortHold& PortHold::operator=(PortHold&& other) noexcept {
    std::swap(port_, other.port_);
    std::swap(tcp_, other.tcp_);
    std::swap(name_, other.name_);
    return *this;
}

PortHold::~PortHold() {
    if (tcp_ >= 0) ::close(tcp_);
    if (name_ >= 0) ::close(name_);
}

std::vector<AllocatedPort> allocate_ports(std::span<const PortRequest> requests) {
    std::vector<AllocatedPort> ports;
    // Kept ones first, so that no later request is given a number that is already spoken for.
    for (const auto& request : requests) {
        if (request.keep) ports.push_back({request.key, request.choices.front(), std::nullopt});
    }
    for (const auto& request : requests) {
        if (!request.keep) ports.push_back(allocate(request));
    }
    const auto place = [&](const AllocatedPort& port) {
        return std::find_if(requests.begin(), requests.end(),
                            [&](const PortRequest& r) { return r.key == port.key; });
    };
    std::sort(ports.begin(), ports.end(),
              [&](const AllocatedPort& a, const AllocatedPort& b) { return place(a) < place(b); });
    return ports;
}

std::vector<PortRequest> stack_port_requests(std::string_view ports_json,
                                             std::span<const std::string> keep,
                                             std::span<const std::string> add) {
    boost::system::error_code error;
    const auto file = boost::json::parse(ports_json, error);
    std::vector<PortRequest> requests;
    for (const auto& setting : settings()) {
        if (setting.ports_key.empty()) continue;
        requests.push_back({std::string(setting.ports_key), {preferred_port(setting)}, false});
    }
    for (const auto& key : add) requests.push_back({key, {}, false});
    for (auto& request : requests) {
        if (const auto recorded = recorded_port(file, request.key)) {
            request.keep = std::find(keep.begin(), keep.end(), request.key) != keep.end();
            if (request.keep) request.choices.clear();
            request.choices.push_back(*recorded);
        }
    }
    return requests;
}

std::string ports_json(std::span<const AllocatedPort> ports) {
    std::string out = "{\n";
    for (std::size_t i = 0; i < ports.size(); ++i) {
        out += "  \"" + ports[i].key + "\": " + std::to_string(ports[i].port);
        out += i + 1 < ports.size() ? ",\n" : "\n";
    }
    return out + "}\n";
}

}  // namespace soma::config
