#include "domain/ledger/proving/tlog_proof.h"

#include <charconv>

#include "base/encoding.h"
#include "base/error.h"
#include "domain/ledger/event.h"
#include "domain/ledger/merkle/proof.h"

namespace soma::domain {
namespace {

constexpr std::string_view kHeader = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";

[[noreturn]] void bad(const std::string& what) {
    throw invalid("", "not a tlog-proof: " + what);
}

/// The next line without its newline; moves `rest` behind it.
std::string_view take_line(std::string_view& rest) {
    const auto end = rest.find('\n');
    if (end == rest.npos) {
        bad("it is cut short");
    }
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return line;
}

std::uint64_t parse_index(std::string_view line) {
    if (!line.starts_with(kIndex)) {
        bad("its index is missing");
    }
    line.remove_prefix(kIndex.size());
    std::uint64_t index = 0;
    const auto [end, trouble] = std::from_chars(line.data(), line.data() + line.size(), index);
    // Back again: no leading zero, no sign, nothing behind it.
    if (trouble != std::errc() || std::to_string(index) != line || index >= kMaxTreeSize) {
        bad("its index is a decimal number");
    }
    return index;
}

}  // namespace

std::string encode_tlog_proof(const TlogProof& proof) {
    std::string out = std::string(kHeader) + "\n";
    if (proof.extra) {
        out += std::string(kExtra) + to_base64(*proof.extra) + "\n";
    }
    out += std::string(kIndex) + std::to_string(proof.index) + "\n";
    for (const std::string& each : proof.hashes) {
        out += to_base64(each) + "\n";
    }
    return out + "\n" + proof.checkpoint;
}

TlogProof parse_tlog_proof(std::string_view text) {
    if (text.size() > kMaxTlogProofBytes) {
        bad("it has more than " + std::to_string(kMaxTlogProofBytes) + " bytes");
    }
    if (take_line(text) != kHeader) {
        bad("its first line is not " + std::string(kHeader));
    }
    TlogProof proof;
    auto line = take_line(text);
    if (line.starts_with(kExtra)) {
        proof.extra = from_base64(line.substr(kExtra.size()));
        if (!proof.extra) {
            bad("its extra data is base64");
        }
        line = take_line(text);
    }
    proof.index = parse_index(line);
    for (line = take_line(text); !line.empty(); line = take_line(text)) {
        const auto hash = from_base64(line);
        if (!hash || hash->size() != kTreeHashBytes || proof.hashes.size() == kMaxProofHashes) {
            bad("it has at most " + std::to_string(kMaxProofHashes) +
                " hashes, each base64 of 32 bytes");
        }
        proof.hashes.push_back(*hash);
    }
    proof.checkpoint = text;
    return proof;
}

ProofReport check_tlog_proof(const TlogProof& proof, std::string_view entry,
                             const AuditKeys& keys) {
    const CheckpointClaim claim = read_claim(proof.checkpoint, keys);
    if (!claim.trouble.empty()) {
        return {0, "its checkpoint cannot be used: " + claim.trouble};
    }
    if (keys.witness && !claim.cosigned) {
        return {claim.size, "its checkpoint is not cosigned by the witness"};
    }
    if (!verify_inclusion(leaf_hash(entry), proof.index, claim.size, proof.hashes, claim.root)) {
        return {claim.size, "the entry is not leaf " + std::to_string(proof.index) +
                                " of the tree of " + std::to_string(claim.size) +
                                " leaves that was signed"};
    }
    return {claim.size, ""};
}

}  // namespace soma::domain
