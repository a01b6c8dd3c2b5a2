#include "domain/ledger/witness/protocol.h"

#include "base/encoding.h"
#include "base/error.h"
#include "domain/ledger/merkle/tree.h"

namespace soma::domain {
namespace {

constexpr std::string_view kOld = "old ";

[[noreturn]] void bad(const std::string& what) {
    throw invalid("", "not a request to add a checkpoint: " + what);
}

/// The next line without its newline; moves `rest` behind it.
std::string_view take_line(std::string_view& rest) {
    const auto end = rest.find('\n');
    if (end == rest.npos) {
        bad("it is an old size, hashes, an empty line, and a signed note");
    }
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return line;
}

}  // namespace

std::string encode_add_checkpoint(const AddCheckpoint& asked) {
    std::string out = std::string(kOld) + std::to_string(asked.old_size) + "\n";
    for (const std::string& hash : asked.proof) {
        out += to_base64(hash) + "\n";
    }
    return out + "\n" + encode_note(asked.note);
}

AddCheckpoint parse_add_checkpoint(std::string_view body) {
    if (body.size() > kMaxAddCheckpointBytes) {
        bad("it has more than " + std::to_string(kMaxAddCheckpointBytes) + " bytes");
    }
    AddCheckpoint asked;
    const auto first = take_line(body);
    const auto old =
        first.starts_with(kOld) ? parse_tree_size(first.substr(kOld.size())) : std::nullopt;
    if (!old) {
        bad("its first line is \"old\" and a size");
    }
    asked.old_size = *old;
    for (auto line = take_line(body); !line.empty(); line = take_line(body)) {
        if (asked.proof.size() == kMaxWitnessProofHashes) {
            bad("it has more than " + std::to_string(kMaxWitnessProofHashes) + " hashes");
        }
        auto hash = from_base64(line);
        if (!hash || hash->size() != kTreeHashBytes) {
            bad("a line of its proof is base64 of 32 bytes");
        }
        asked.proof.push_back(std::move(*hash));
    }
    asked.note = parse_note(body);
    asked.checkpoint = parse_checkpoint(asked.note.text);
    if (asked.old_size > asked.checkpoint.size) {
        bad("its old size is above the checkpoint's");
    }
    return asked;
}

std::string encode_size_answer(std::uint64_t size) {
    return std::to_string(size) + "\n";
}

std::optional<std::uint64_t> parse_size_answer(std::string_view body) {
    if (!body.ends_with('\n')) {
        return std::nullopt;
    }
    return parse_tree_size(body.substr(0, body.size() - 1));
}

std::optional<std::string> cosignature_line(const Note& note, std::string_view answer,
                                            std::span<const NoteKey> witness) {
    if (answer.size() > kMaxWitnessAnswerBytes) {
        return std::nullopt;
    }
    Note answered;
    try {
        answered = parse_note(note.text + "\n" + std::string(answer));
    } catch (const Error&) {
        return std::nullopt;
    }
    for (const NoteKey& key : witness) {
        const auto verdict = check_signature(answered, key);
        if (verdict == SignatureVerdict::wrong) {
            return std::nullopt;
        }
        if (verdict == SignatureVerdict::absent) {
            continue;
        }
        for (const NoteSignature& each : answered.signatures) {
            if (each.name == key.name && each.key_id == key_id(key)) {
                return encode_signature(each);
            }
        }
    }
    return std::nullopt;
}

}  // namespace soma::domain
