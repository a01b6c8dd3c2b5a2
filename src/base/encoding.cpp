#include "base/encoding.h"

#include <array>
#include <bit>
#include <cstdint>

#include "base/error.h"

namespace soma {
namespace {

constexpr char kHex[] = "0123456789abcdef";
constexpr char kUrlAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr char kStdAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::array<int, 256> reverse(const char* alphabet) {
    std::array<int, 256> table{};
    table.fill(-1);
    for (int i = 0; alphabet[i] != 0; ++i) {
        table[static_cast<unsigned char>(alphabet[i])] = i;
    }
    return table;
}

std::string encode64(std::string_view bytes, const char* alphabet, bool pad) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    std::uint32_t buffer = 0;
    int bits = 0;
    for (const char c : bytes) {
        buffer = (buffer << 8) | static_cast<unsigned char>(c);
        bits += 8;
        while (bits >= 6) {
            bits -= 6;
            out.push_back(alphabet[(buffer >> bits) & 63]);
        }
    }
    if (bits > 0) {
        out.push_back(alphabet[(buffer << (6 - bits)) & 63]);
    }
    while (pad && out.size() % 4 != 0) {
        out.push_back('=');
    }
    return out;
}

/// Strict: rejects characters outside the alphabet, impossible lengths and non-zero trailing bits.
std::optional<std::string> decode64(std::string_view text, const std::array<int, 256>& table) {
    if (text.size() % 4 == 1) {
        return std::nullopt;
    }
    std::string out;
    out.reserve(text.size() * 3 / 4);
    std::uint32_t buffer = 0;
    int bits = 0;
    for (const char c : text) {
        const int value = table[static_cast<unsigned char>(c)];
        if (value < 0) {
            return std::nullopt;
        }
        buffer = (buffer << 6) | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out.push_back(static_cast<char>((buffer >> bits) & 255));
        }
    }
    if ((buffer & ((1u << bits) - 1)) != 0) {
        return std::nullopt;
    }
    return out;
}

}  // namespace

std::string to_hex(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out.push_back(kHex[byte >> 4]);
        out.push_back(kHex[byte & 15]);
    }
    return out;
}

std::optional<std::string> from_hex(std::string_view text) {
    const auto digit = [](char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return -1;
    };
    if (text.size() % 2 != 0) {
        return std::nullopt;
    }
    std::string out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = digit(text[i]);
        const int low = digit(text[i + 1]);
        if (high < 0 || low < 0) {
            return std::nullopt;
        }
        out.push_back(static_cast<char>(high * 16 + low));
    }
    return out;
}

std::string to_base64url(std::string_view bytes) {
    return encode64(bytes, kUrlAlphabet, false);
}

std::optional<std::string> from_base64url(std::string_view text) {
    static const auto table = reverse(kUrlAlphabet);
    return decode64(text, table);
}

std::string to_base64(std::string_view bytes) {
    return encode64(bytes, kStdAlphabet, true);
}

std::optional<std::string> from_base64(std::string_view text) {
    static const auto table = reverse(kStdAlphabet);
    if (text.size() % 4 != 0) {
        return std::nullopt;
    }
    for (int padding = 0; padding < 2 && !text.empty() && text.back() == '='; ++padding) {
        text.remove_suffix(1);
    }
    return decode64(text, table);
}

void append_u32be(std::string& out, unsigned value) {
    if constexpr (std::endian::native == std::endian::little) {
        value = __builtin_bswap32(value);
    }
    out.append(std::string_view(reinterpret_cast<const char*>(&value), sizeof value));
}

void append_u64be(std::string& out, unsigned long long value) {
    if constexpr (std::endian::native == std::endian::little) {
        value = __builtin_bswap64(value);
    }
    out.append(std::string_view(reinterpret_cast<const char*>(&value), sizeof value));
}

unsigned long long read_u64be(std::string_view eight_bytes) {
    SOMA_ASSERT(eight_bytes.size() == 8, "a u64 has eight bytes");
    unsigned long long value = 0;
    for (const char c : eight_bytes) {
        value = (value << 8) | static_cast<unsigned char>(c);
    }
    return value;
}

}  // namespace soma
