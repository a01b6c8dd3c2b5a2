#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "base/uuid.h"
#include "domain/erasure/erasure.h"

namespace soma::domain {

/// The transit key in OpenBao that signs receipts, Ed25519.
inline constexpr std::string_view kReceiptKey = "soma-receipts";
/// The longest receipt that is looked at; ours have some 2 KB.
inline constexpr std::size_t kMaxReceiptBytes = 64 * 1024;

/// What a receipt states beside the erasure itself.
struct ReceiptFacts {
    Uuid tenant;
    Time completed_at;
    Time snapshots_expire_at;  ///< of OpenBao: until then one may still hold the key
    Time copies_expire_at;     ///< sealed ones in Redis, unreadable already
};

/// A signature and the version of kReceiptKey that made it.
struct ReceiptSignature {
    std::uint32_t key_version = 0;
    std::string bytes;  ///< 64 bytes
};

/// What is signed: the canonical JSON (RFC 8785) of the receipt without its signature. Pure.
std::string receipt_statement(const Erasure& erasure, const ReceiptFacts& facts);

/// The receipt: the statement with its signature, canonical JSON again.
std::string signed_receipt(std::string_view statement, const ReceiptSignature& signature);

/// A receipt taken apart.
struct ParsedReceipt {
    std::string statement;  ///< canonical: what must have been signed
    ReceiptSignature signature;
    std::string erasure_id;
    std::string completed_at;
};

/// Of a receipt's text, or of the whole answer that holds one as its member `receipt`. Throws Error
/// invalid_argument that says what is not as it must be.
ParsedReceipt parse_receipt(std::string_view text);

/// Whether the key (32 bytes) signed exactly this receipt.
bool is_signed_by(const ParsedReceipt& receipt, std::string_view public_key);

}  // namespace soma::domain
