#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "domain/constitution/document/constitution.h"

namespace soma::domain {

/// A constitution with its identity: `text` is its RFC 8785 form, `hash` the SHA3-512 of that.
struct Document {
    Constitution law;
    std::string text;
    std::string hash;  ///< 64 bytes
};

/// Reads what a person wrote: strict JSON in any order and layout; `text` is made canonical. Throws
/// Error invalid_argument at the JSON pointer of what is wrong: more than 256 KiB, a byte order
/// mark, no strict JSON (a repeated name, NaN, a lone surrogate, …), an unknown or missing field,
/// a limit of constitution.h, a signer or key given twice, a key that is no point of the
/// prime-order subgroup, a term that ends before it begins, starting values outside their bounds.
/// Pure and total.
Document read_document(std::string_view text);

/// The same of what a store or a stranger hands over: the text must be canonical byte for byte, so
/// that what was signed, what is kept and what is shown are one.
Document read_canonical_document(std::string_view text);

/// What signers sign: "somabrain/constitution/v1\0" ‖ u64be version ‖ previous (64 zero bytes for
/// version 1) ‖ hash. The version and previous inside the text are under the hash too; here they
/// let a signer's device show what it signs without reading JSON.
std::string signed_bytes(const Document& document);

/// A hash as configuration and people write it: 128 hexadecimal digits; nullopt for anything else.
std::optional<std::string> parse_hash(std::string_view text);

}  // namespace soma::domain
