#include "backends/redis/slots.h"

#include <charconv>

namespace soma::backends {
namespace {

constexpr unsigned kSlots = 16384;
constexpr int kMaxPort = 65535;

std::uint16_t crc16(std::string_view bytes) {
    constexpr unsigned kPolynomial = 0x1021;
    unsigned crc = 0;
    for (const char byte : bytes) {
        crc ^= static_cast<unsigned>(static_cast<unsigned char>(byte)) << 8;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc & 0x8000) != 0 ? (crc << 1) ^ kPolynomial : crc << 1;
        }
    }
    return static_cast<std::uint16_t>(crc);
}

}  // namespace

std::uint16_t key_slot(std::string_view key) {
    const auto open = key.find('{');
    const auto close = open == std::string_view::npos ? open : key.find('}', open + 1);
    if (close != std::string_view::npos && close > open + 1) {
        key = key.substr(open + 1, close - open - 1);
    }
    return crc16(key) % kSlots;
}

std::optional<Redirect> parse_redirect(std::string_view error) {
    Redirect redirect;
    if (error.starts_with("ASK ")) {
        redirect.ask = true;
    } else if (!error.starts_with("MOVED ")) {
        return std::nullopt;
    }
    const auto address = error.rfind(' ') + 1;
    const auto colon = error.rfind(':');  // the last: a host may be an IPv6 address
    if (colon == std::string_view::npos || colon < address) {
        return std::nullopt;
    }
    redirect.host = error.substr(address, colon - address);
    const auto port = error.substr(colon + 1);
    const auto [end, trouble] =
        std::from_chars(port.data(), port.data() + port.size(), redirect.port);
    if (trouble != std::errc() || end != port.data() + port.size() || redirect.port < 1 ||
        redirect.port > kMaxPort) {
        return std::nullopt;
    }
    return redirect;
}

}  // namespace soma::backends
