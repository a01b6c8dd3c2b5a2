#include "base/uuid.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"

namespace soma {

std::string Uuid::to_string() const {
    std::string text = to_hex(view());
    for (const std::size_t dash : {8u, 13u, 18u, 23u}) {
        text.insert(dash, 1, '-');
    }
    return text;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
    if (text.size() != 36) {
        return std::nullopt;
    }
    std::string hex;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash_place = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash_place != (text[i] == '-')) {
            return std::nullopt;
        }
        if (!dash_place) {
            hex.push_back(text[i]);
        }
    }
    const auto bytes = from_hex(hex);
    if (!bytes) {
        return std::nullopt;
    }
    return from_bytes(*bytes);
}

Uuid Uuid::from_bytes(std::string_view sixteen_bytes) {
    SOMA_ASSERT(sixteen_bytes.size() == 16, "a UUID has sixteen bytes");
    Uuid id;
    std::copy(sixteen_bytes.begin(), sixteen_bytes.end(), id.bytes.begin());
    return id;
}

Uuid UuidGenerator::next(Time now) {
    constexpr std::uint32_t counter_limit = 1u << 12;
    const auto since_epoch = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch());
    const auto now_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(0, since_epoch.count()));
    std::uint64_t ms = 0;
    std::uint32_t counter = 0;
    {
        const std::scoped_lock lock(mutex_);
        if (now_ms > last_ms_) {
            last_ms_ = now_ms;
            counter_ = 0;
        } else if (++counter_ == counter_limit) {
            ++last_ms_;
            counter_ = 0;
        }
        ms = last_ms_;
        counter = counter_;
    }
    Uuid id = Uuid::from_bytes(random_bytes(16));
    for (std::size_t i = 0; i < 6; ++i) {
        id.bytes[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
    }
    id.bytes[6] = static_cast<std::uint8_t>(0x70 | (counter >> 8));
    id.bytes[7] = static_cast<std::uint8_t>(counter);
    id.bytes[8] = static_cast<std::uint8_t>(0x80 | (id.bytes[8] & 0x3f));
    return id;
}

}  // namespace soma
