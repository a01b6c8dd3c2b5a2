#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace soma::backends {

/// Redis Cluster's slot of a key, 0..16383: CRC-16/XMODEM of the key, or of the part between its
/// first "{" and the next "}" when that is not empty.
std::uint16_t key_slot(std::string_view key);

/// Where a server says a key is.
struct Redirect {
    bool ask = false;  ///< for this one command; else the slot has moved for good
    std::string host;  ///< empty: the answering server's own
    int port = 0;
};

/// "MOVED 3999 127.0.0.1:6381" or "ASK …"; nullopt for any other error.
std::optional<Redirect> parse_redirect(std::string_view error);

}  // namespace soma::backends
