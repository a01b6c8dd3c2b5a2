#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace soma::domain {

/// Signed notes (C2SP signed-note) with Ed25519 keys, and the cosignatures of witnesses (C2SP
/// tlog-cosignature, version 1). Pure. What cannot be read is Error(invalid_argument) that says
/// why.

inline constexpr std::size_t kMaxNoteBytes = 16 * 1024;
inline constexpr std::size_t kMaxNoteSignatures = 16;
inline constexpr std::size_t kMaxKeyNameBytes = 256;

/// What a key's signatures are over.
enum class NoteKeyType : std::uint8_t {
    signer = 0x01,    ///< the note's text
    cosigner = 0x04,  ///< a time and the note's text: "seen, and consistent, as of then"
};

/// A public key as its owner gives it out.
struct NoteKey {
    std::string name;  ///< no white space, no "+"
    NoteKeyType type = NoteKeyType::signer;
    std::string public_key;  ///< 32 bytes
};

/// The first four bytes of SHA-256(name ‖ newline ‖ type ‖ public key).
std::string key_id(const NoteKey& key);
/// "<name>+<key id in hexadecimal>+<base64 of type ‖ public key>".
std::string encode_note_key(const NoteKey& key);
/// Refuses a key id that is not the key's, and a public key that is none.
NoteKey parse_note_key(std::string_view text);

struct NoteSignature {
    std::string name;
    std::string key_id;  ///< 4 bytes
    std::string bytes;   ///< at least 1
};

/// A text and who signed it. The text is believed only after `check_signature`.
struct Note {
    std::string text;  ///< ends in a newline
    std::vector<NoteSignature> signatures;
};

std::string encode_signature(const NoteSignature& signature);  ///< a line, with its newline
std::string encode_note(const Note& note);
/// The one note whose encoding this is.
Note parse_note(std::string_view text);

/// What a note says of a key.
enum class SignatureVerdict : std::uint8_t {
    absent,  ///< not signed by it
    wrong,   ///< a signature claims to be by it and is not: the note is not to be used
    valid,
};

/// By name and key id, as the note has them. A cosignature's time is not judged.
SignatureVerdict check_signature(const Note& note, const NoteKey& key);

/// What a cosigner signs at that time, in seconds since 1970.
std::string cosigned_message(std::string_view text, std::uint64_t seconds);
/// The cosigner's signature as it stands in a note.
NoteSignature cosignature(const NoteKey& cosigner, std::uint64_t seconds,
                          std::string_view signature);

}  // namespace soma::domain
