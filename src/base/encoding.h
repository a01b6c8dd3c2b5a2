#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace soma {

/// Bytes travel as std::string / std::string_view throughout; text that must be valid UTF-8 says
/// so.

/// Lower-case hexadecimal.
std::string to_hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view text);

/// RFC 4648 §5 without padding (JWT, state tokens).
std::string to_base64url(std::string_view bytes);
std::optional<std::string> from_base64url(std::string_view text);

/// RFC 4648 §4 with padding (OpenBao transit).
std::string to_base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);

/// Big-endian fixed-width integers, as digests and tokens use them.
void append_u32be(std::string& out, unsigned value);
void append_u64be(std::string& out, unsigned long long value);
unsigned long long read_u64be(std::string_view eight_bytes);

}  // namespace soma
