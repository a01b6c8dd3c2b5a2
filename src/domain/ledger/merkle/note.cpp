#include "domain/ledger/merkle/note.h"

#include <utility>

#include "base/crypto.h"
#include "base/ed25519.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/unicode.h"

namespace soma::domain {
namespace {

constexpr std::string_view kDash = "\u2014 ";
constexpr std::size_t kKeyIdBytes = 4;
constexpr std::size_t kTimeBytes = 8;
constexpr std::size_t kCosignatureBytes = kTimeBytes + kEd25519SignatureBytes;

[[noreturn]] void bad_note(const std::string& what) {
    throw invalid("", "not a signed note: " + what);
}

[[noreturn]] void bad_key(const std::string& what) {
    throw invalid("", "not a note's key: " + what);
}

bool valid_name(std::string_view name) {
    if (name.empty() || name.size() > kMaxKeyNameBytes || !valid_utf8(name)) {
        return false;
    }
    for (const auto [code_point, length] : CodePoints(name)) {
        if (code_point == '+' || code_point < ' ' || is_whitespace(code_point)) {
            return false;
        }
    }
    return true;
}

NoteSignature parse_signature(std::string_view line) {
    if (!line.starts_with(kDash)) {
        bad_note("a signature's line begins with an em dash and a space");
    }
    line.remove_prefix(kDash.size());
    const auto space = line.find(' ');
    if (space == line.npos || !valid_name(line.substr(0, space))) {
        bad_note("a signature's line has the name of a key");
    }
    const auto bytes = from_base64(line.substr(space + 1));
    if (!bytes || bytes->size() <= kKeyIdBytes) {
        bad_note("a signature is base64 of a key id and more");
    }
    return {std::string(line.substr(0, space)), bytes->substr(0, kKeyIdBytes),
            bytes->substr(kKeyIdBytes)};
}

bool plain_text(std::string_view text) {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < ' ' && c != '\n') {
            return false;
        }
    }
    return valid_utf8(text);
}

bool verify(const Note& note, const NoteKey& key, std::string_view bytes) {
    if (key.type == NoteKeyType::signer) {
        return verify_ed25519(key.public_key, note.text, bytes);
    }
    if (bytes.size() != kCosignatureBytes) {
        return false;
    }
    const std::uint64_t seconds = read_u64be(bytes.substr(0, kTimeBytes));
    return seconds <= INT64_MAX &&
           verify_ed25519(key.public_key, cosigned_message(note.text, seconds),
                          bytes.substr(kTimeBytes));
}

}  // namespace

std::string key_id(const NoteKey& key) {
    std::string bytes = key.name + '\n';
    bytes += static_cast<char>(key.type);
    bytes += key.public_key;
    return sha256(bytes).substr(0, kKeyIdBytes);
}

std::string encode_note_key(const NoteKey& key) {
    return key.name + "+" + to_hex(key_id(key)) + "+" +
           to_base64(std::string(1, static_cast<char>(key.type)) + key.public_key);
}

NoteKey parse_note_key(std::string_view text) {
    const auto first = text.find('+');
    const auto second = first == text.npos ? first : text.find('+', first + 1);
    if (second == text.npos || !valid_name(text.substr(0, first))) {
        bad_key("it is <name>+<key id>+<key>");
    }
    const auto bytes = from_base64(text.substr(second + 1));
    if (!bytes || bytes->size() != 1 + kEd25519KeyBytes) {
        bad_key("the key is base64 of a type and 32 bytes");
    }
    const auto type = static_cast<NoteKeyType>((*bytes)[0]);
    if (type != NoteKeyType::signer && type != NoteKeyType::cosigner) {
        bad_key("its type is neither Ed25519 (1) nor a cosigner's (4)");
    }
    NoteKey key{std::string(text.substr(0, first)), type, bytes->substr(1)};
    if (!valid_ed25519_key(key.public_key)) {
        bad_key("the 32 bytes are no Ed25519 key");
    }
    if (text.substr(first + 1, second - first - 1) != to_hex(key_id(key))) {
        bad_key("the key id is of another key");
    }
    return key;
}

std::string encode_signature(const NoteSignature& signature) {
    return std::string(kDash) + signature.name + " " +
           to_base64(signature.key_id + signature.bytes) + "\n";
}

std::string encode_note(const Note& note) {
    std::string out = note.text + "\n";
    for (const NoteSignature& each : note.signatures) {
        out += encode_signature(each);
    }
    return out;
}

Note parse_note(std::string_view text) {
    if (text.size() > kMaxNoteBytes) {
        bad_note("it has more than " + std::to_string(kMaxNoteBytes) + " bytes");
    }
    if (!plain_text(text)) {
        bad_note("it is not UTF-8, or has control characters");
    }
    const auto blank = text.rfind("\n\n");
    if (blank == text.npos || !text.ends_with('\n') || blank + 2 == text.size()) {
        bad_note("it is a text, an empty line, and signatures");
    }
    Note note{std::string(text.substr(0, blank + 1)), {}};
    for (auto rest = text.substr(blank + 2); !rest.empty();) {
        const auto end = rest.find('\n');
        if (note.signatures.size() == kMaxNoteSignatures) {
            bad_note("it has more than " + std::to_string(kMaxNoteSignatures) + " signatures");
        }
        note.signatures.push_back(parse_signature(rest.substr(0, end)));
        rest.remove_prefix(end + 1);
    }
    return note;
}

SignatureVerdict check_signature(const Note& note, const NoteKey& key) {
    const std::string id = key_id(key);
    auto verdict = SignatureVerdict::absent;
    for (const NoteSignature& each : note.signatures) {
        if (each.name != key.name || each.key_id != id) {
            continue;
        }
        if (!verify(note, key, each.bytes)) {
            return SignatureVerdict::wrong;
        }
        verdict = SignatureVerdict::valid;
    }
    return verdict;
}

std::string cosigned_message(std::string_view text, std::uint64_t seconds) {
    return "cosignature/v1\ntime " + std::to_string(seconds) + "\n" + std::string(text);
}

NoteSignature cosignature(const NoteKey& cosigner, std::uint64_t seconds,
                          std::string_view signature) {
    std::string bytes;
    append_u64be(bytes, seconds);
    bytes += signature;
    return {cosigner.name, key_id(cosigner), std::move(bytes)};
}

}  // namespace soma::domain
