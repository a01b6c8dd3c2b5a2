#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/uuid.h"

namespace soma::domain {

/// A record's place in the ledger, as its headers say it.
struct RelayMark {
    Uuid log_id;
    std::uint64_t log_index = 0;
    /// Every event of this log with a lower index was in Kafka before this record's transaction
    /// began.
    std::uint64_t complete_below = 0;

    friend bool operator==(const RelayMark&, const RelayMark&) = default;
};

using RecordHeaders = std::vector<std::pair<std::string, std::string>>;

/// log_id, log_index, complete_below; numbers in decimal.
RecordHeaders mark_headers(const RelayMark& mark);

/// Whether a record with this mark repeats one of the same partition whose mark was `last`: within
/// a log a partition's indices only grow.
bool repeats(const RelayMark& mark, const std::optional<RelayMark>& last);

/// nullopt when one of them is missing, comes twice or is malformed, or when the index is below
/// complete_below: such a record is not the relay's.
std::optional<RelayMark> parse_mark(const RecordHeaders& headers);

}  // namespace soma::domain
