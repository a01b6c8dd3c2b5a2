#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace soma {

/// A UUID as 16 big-endian bytes; ordered as its text form is.
struct Uuid {
    std::array<std::uint8_t, 16> bytes{};

    std::string to_string() const;
    std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), 16}; }
    bool is_nil() const { return *this == Uuid{}; }

    /// The canonical 36-character form, either case; anything else is nullopt.
    static std::optional<Uuid> parse(std::string_view text);
    static Uuid from_bytes(std::string_view sixteen_bytes);

    friend auto operator<=>(const Uuid&, const Uuid&) = default;
};

/// Makes UUIDv7 (RFC 9562): 48-bit milliseconds, 12-bit counter, 62 random bits. Strictly
/// increasing within a process even when the clock steps back or the counter overflows (the time
/// field then runs ahead). Thread-safe.
class UuidGenerator {
  public:
    Uuid next(Time now);

  private:
    std::mutex mutex_;
    std::uint64_t last_ms_ = 0;
    std::uint32_t counter_ = 0;
};

}  // namespace soma

template <>
struct std::hash<soma::Uuid> {
    std::size_t operator()(const soma::Uuid& id) const noexcept {
        // The last eight bytes are random in every version we make.
        std::size_t value = 0;
        for (int i = 8; i < 16; ++i) {
            value = (value << 8) | id.bytes[static_cast<std::size_t>(i)];
        }
        return value;
    }
};
