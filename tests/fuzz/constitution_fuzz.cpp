// links: soma_domain
// A constitution's text comes from whoever can write to a store: any bytes are refused with a
// reason, or are a law whose canonical form reads as itself and whose rules answer. So do the bytes
// of an envelope: what decodes is what would have been written.
#include <cstdint>
#include <string_view>
#include <variant>

#include "base/error.h"
#include "domain/constitution/document/document.h"
#include "domain/constitution/envelope.h"
#include "domain/constitution/rules/rule_set.h"

namespace {

void decode(std::string_view bytes) {
    using namespace soma;
    const auto decoded = domain::decode_signed(bytes);
    if (const auto* version = std::get_if<domain::SignedVersion>(&decoded)) {
        SOMA_ASSERT(domain::encode_signed(*version) == bytes, "one version, one envelope");
    } else {
        SOMA_ASSERT(!std::get<domain::LawRefusal>(decoded).message.empty(), "with a reason");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace soma;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    decode(bytes);
    try {
        const auto document = domain::read_document(bytes);
        const auto again = domain::read_canonical_document(document.text);
        SOMA_ASSERT(again.hash == document.hash, "one law, one identity");
        SOMA_ASSERT(domain::signed_bytes(document).size() == 26 + 8 + 64 + 64, "as laid out");
        const domain::RuleSet rules(document.law.rules);
        const auto verdict = rules.evaluate({.roles = {domain::Role::agent}});
        SOMA_ASSERT(!verdict.allowed || !verdict.denied_by, "deny wins");
    } catch (const Error& error) {
        SOMA_ASSERT(error.kind() == ErrorKind::invalid_argument, "the caller is to blame");
        SOMA_ASSERT(!error.public_message().empty(), "with a reason");
    }
    return 0;
}
