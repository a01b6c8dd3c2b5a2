#include "domain/erasure/receipt.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <utility>

#include "base/canonical_json.h"
#include "base/ed25519.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/json/strict_json.h"

namespace soma::domain {
namespace {

namespace json = boost::json;

constexpr std::string_view kFormat = "somabrain/erasure-receipt/v1";

json::object postgresql_tier(const ErasedRows& rows) {
    return {{"rows", json::object{{"memories", rows.memories},
                                  {"embeddings", rows.embeddings},
                                  {"links", rows.links},
                                  {"evaluations", rows.evaluations},
                                  {"feedback_events", rows.feedback_events},
                                  {"token_usage", rows.token_usage}}},
            {"state", "deleted"}};
}

json::object tiers(const Erasure& erasure, const ReceiptFacts& facts) {
    return {
        {"postgresql", postgresql_tier(erasure.rows)},
        {"postgresql_wal", json::object{{"state", "unreadable: the key is destroyed"}}},
        {"backups", json::object{{"state", "unreadable: the key is destroyed"}}},
        {"index", json::object{{"state", "removed"}}},
        {"redis", json::object{{"state", "unreadable: the key is destroyed"},
                               {"copies_expire_at", format_rfc3339(facts.copies_expire_at)}}},
        {"openbao",
         json::object{{"state", "destroyed with all versions"},
                      {"snapshots_expire_at", format_rfc3339(facts.snapshots_expire_at)}}},
    };
}

[[noreturn]] void bad(const std::string& what) {
    throw invalid("", "not a receipt: " + what);
}

const json::value& member(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    if (value == nullptr) {
        bad("\"" + std::string(name) + "\" is missing");
    }
    return *value;
}

std::string text_member(const json::object& object, std::string_view name) {
    const auto& value = member(object, name);
    if (!value.is_string()) {
        bad("\"" + std::string(name) + "\" must be a string");
    }
    return std::string(value.get_string());
}

ReceiptSignature parse_signature(const json::value& value) {
    const auto* object = value.if_object();
    if (object == nullptr) {
        bad("\"signature\" must be an object");
    }
    if (text_member(*object, "key") != kReceiptKey) {
        bad("its signature is of another key");
    }
    const auto& version = member(*object, "version");
    auto bytes = from_base64(text_member(*object, "value"));
    if (!version.is_int64() || version.get_int64() < 1 || version.get_int64() > UINT32_MAX) {
        bad("\"version\" must be a number from 1");
    }
    if (!bytes || bytes->size() != kEd25519SignatureBytes) {
        bad("\"value\" must be base64 of 64 bytes");
    }
    return {static_cast<std::uint32_t>(version.get_int64()), std::move(*bytes)};
}

}  // namespace

std::string receipt_statement(const Erasure& erasure, const ReceiptFacts& facts) {
    return to_canonical_json(json::object{
        {"format", kFormat},
        {"erasure_id", erasure.id.to_string()},
        {"tenant", facts.tenant.to_string()},
        {"subject", "hmac-sha256:" + to_hex(erasure.subject_hmac)},
        {"key_id", to_hex(erasure.key_id)},
        {"requested_at", format_rfc3339(erasure.requested_at)},
        {"completed_at", format_rfc3339(facts.completed_at)},
        {"event", json::object{{"log_id", erasure.log_id.to_string()},
                               {"log_index", erasure.log_index},
                               {"leaf", to_hex(erasure.leaf)}}},
        {"tiers", tiers(erasure, facts)},
    });
}

std::string signed_receipt(std::string_view statement, const ReceiptSignature& signature) {
    json::object receipt = json::parse(statement).as_object();
    receipt["signature"] = json::object{{"key", kReceiptKey},
                                        {"version", signature.key_version},
                                        {"value", to_base64(signature.bytes)}};
    return to_canonical_json(receipt);
}

ParsedReceipt parse_receipt(std::string_view text) {
    if (text.size() > kMaxReceiptBytes) {
        bad("it has more than " + std::to_string(kMaxReceiptBytes) + " bytes");
    }
    auto value = parse_strict_json(text);
    json::object* object = value ? value->if_object() : nullptr;
    if (object != nullptr && object->contains("receipt")) {
        object = object->at("receipt").if_object();
    }
    if (object == nullptr) {
        bad("it is no JSON object");
    }
    if (text_member(*object, "format") != kFormat) {
        bad("its format is unknown");
    }
    ParsedReceipt receipt;
    receipt.signature = parse_signature(member(*object, "signature"));
    receipt.erasure_id = text_member(*object, "erasure_id");
    receipt.completed_at = text_member(*object, "completed_at");
    object->erase("signature");
    receipt.statement = to_canonical_json(*object);
    return receipt;
}

bool is_signed_by(const ParsedReceipt& receipt, std::string_view public_key) {
    return valid_ed25519_key(public_key) &&
           verify_ed25519(public_key, receipt.statement, receipt.signature.bytes);
}

}  // namespace soma::domain
