#pragma once
#include <string>
#include <string_view>
#include <variant>

#include "domain/ledger/intent.h"

namespace soma::domain {

/// An event's bytes in the buffer are its body to be, with the sequence 0. Room is left for the
/// digits that the true sequence will have.
inline constexpr std::size_t kMaxBufferedBytes = kMaxEventBytes - 15;

/// Of an answer's event, which has its tenant. Throws Error(internal) when it is over
/// kMaxBufferedBytes.
std::string encode_buffered(EventDraft event, Time time);

/// The event, or why these bytes are none: in words, without quoting them. Takes what
/// encode_buffered writes, byte for byte, and nothing else. Pure, thread-safe.
std::variant<BufferedEvent, std::string> parse_buffered(std::string_view bytes);

}  // namespace soma::domain
