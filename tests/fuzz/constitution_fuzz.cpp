// links: soma_domain
// A constitution's text comes from whoever can write to a store: any bytes are refused with a
// reason, or are a law whose canonical form reads as itself and whose rules answer.
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "domain/constitution/document/document.h"
#include "domain/constitution/rules/rule_set.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace soma;
    try {
        const auto document = domain::read_document({reinterpret_cast<const char*>(data), size});
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
