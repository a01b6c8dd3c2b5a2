#include "domain/erasure/erasure.h"

#include <array>
#include <utility>

#include "base/crypto.h"
#include "base/error.h"

namespace soma::domain {
namespace {

constexpr std::size_t kKeyIdBytes = 16;
constexpr std::array<std::pair<ErasureState, std::string_view>, 3> kStates{{
    {ErasureState::rows_owed, "rows_owed"},
    {ErasureState::keys_owed, "keys_owed"},
    {ErasureState::done, "done"},
}};

}  // namespace

std::string_view to_string(ErasureState state) {
    for (const auto& [value, name] : kStates) {
        if (value == state) {
            return name;
        }
    }
    SOMA_ASSERT(false, "a state outside its enumeration");
}

std::optional<ErasureState> parse_erasure_state(std::string_view text) {
    for (const auto& [value, name] : kStates) {
        if (name == text) {
            return value;
        }
    }
    return std::nullopt;
}

std::string key_id(std::string_view data_key) {
    std::string message("somabrain/key-id\0", 17);
    message += data_key;
    return sha256(message).substr(0, kKeyIdBytes);
}

}  // namespace soma::domain
