#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "domain/constitution/chain.h"

namespace soma::domain {

/// Every signer of the set that gives a law away and every signer of the set that takes it over.
inline constexpr std::size_t kMaxSignatures = 2 * kMaxSigners;
/// Quoting doubles a law of nothing but quotes; a signature takes less than 256 bytes.
inline constexpr std::size_t kMaxEnvelopeBytes = 2 * kMaxConstitutionBytes + kMaxSignatures * 256;

/// A version with its signatures as one text: the copy in Redis, the locked snapshot and a file.
/// RFC 8785 of {"signatures": [{"public_key": base64, "signature": base64}, …], "text": the law},
/// the signatures in the order of their keys' bytes: a version and who signed it have one form,
/// however a store returned them. Pure; `text` is valid UTF-8.
std::string encode_signed(const SignedVersion& version);

/// The same back, of bytes nobody vouches for: refuses (reason `document`, saying where) whatever
/// encode_signed would not have written, byte for byte, and what is over the limits above. Whether
/// the law and its signatures are good is for a Chain to say. Pure and total.
std::variant<SignedVersion, LawRefusal> decode_signed(std::string_view bytes);

}  // namespace soma::domain
