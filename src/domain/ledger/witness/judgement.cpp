#include "domain/ledger/witness/judgement.h"

#include <algorithm>

#include "domain/ledger/merkle/proof.h"
#include "domain/ledger/merkle/tree.h"

namespace soma::domain {
namespace {

bool known(const std::string& origin, std::span<const NoteKey> keys) {
    return std::any_of(keys.begin(), keys.end(),
                       [&](const NoteKey& key) { return key.name == origin; });
}

/// The note with its log's signatures alone; nullopt when there is none, or a forged one.
std::optional<Note> signed_by_log(const AddCheckpoint& asked, std::span<const NoteKey> keys) {
    Note kept{asked.note.text, {}};
    for (const NoteKey& key : keys) {
        if (key.name != asked.checkpoint.origin) {
            continue;
        }
        const auto verdict = check_signature(asked.note, key);
        if (verdict == SignatureVerdict::wrong) {
            return std::nullopt;
        }
        const auto& all = asked.note.signatures;
        const auto found = std::find_if(all.begin(), all.end(), [&](const NoteSignature& each) {
            return each.name == key.name && each.key_id == key_id(key);
        });
        if (verdict == SignatureVerdict::valid) {
            kept.signatures.push_back(*found);
        }
    }
    return kept.signatures.empty() ? std::nullopt : std::optional(std::move(kept));
}

}  // namespace

std::string_view refusal_name(WitnessRefusal refusal) {
    switch (refusal) {
        case WitnessRefusal::unknown_log:
            return "unknown_log";
        case WitnessRefusal::not_signed:
            return "not_signed";
        case WitnessRefusal::stale:
            return "stale";
        case WitnessRefusal::other_root:
            return "other_root";
        case WitnessRefusal::bad_proof:
            break;
    }
    return "bad_proof";
}

std::variant<Cosigning, Refusal> judge(const AddCheckpoint& asked, std::span<const NoteKey> keys,
                                       const std::optional<Witnessed>& seen,
                                       std::uint64_t seconds) {
    const Checkpoint& asks = asked.checkpoint;
    if (!known(asks.origin, keys)) {
        return Refusal{WitnessRefusal::unknown_log, 0, {}};
    }
    auto note = signed_by_log(asked, keys);
    if (!note) {
        return Refusal{WitnessRefusal::not_signed, 0, {}};
    }
    const std::uint64_t size = seen ? seen->checkpoint.size : 0;
    const std::string root = seen ? seen->checkpoint.root : empty_root();
    // From here on the log itself has said so: what contradicts the tree we know is its own doing,
    // whichever old size it names.
    const auto refuse = [&](WitnessRefusal why, std::optional<WitnessAlarm> alarm) {
        Refusal refusal{why, size, {}};
        if (alarm && size > 0) {
            refusal.evidence = {*alarm, seconds, encode_note(seen->note), encode_note(*note)};
        }
        return refusal;
    };
    if (asks.size == size && asks.root != root) {
        return refuse(WitnessRefusal::other_root, WitnessAlarm::fork);
    }
    if (asks.size < size) {
        return refuse(WitnessRefusal::stale, WitnessAlarm::rollback);
    }
    if (asked.old_size != size) {
        return refuse(WitnessRefusal::stale, std::nullopt);
    }
    if (!verify_consistency(size, root, asks.size, asks.root, asked.proof)) {
        // What has the root we know is no other tree, whatever was sent along.
        return refuse(WitnessRefusal::bad_proof,
                      asks.size > size ? std::optional(WitnessAlarm::bad_proof) : std::nullopt);
    }
    if (seen && asks.size == size) {
        return Cosigning{*seen, false};
    }
    const std::uint64_t time = seen ? std::max(seconds, seen->time) : seconds;
    return Cosigning{{std::move(*note), asks, time}, true};
}

}  // namespace soma::domain
