#include "backends/vault/law_mark.h"

#include <boost/json/object.hpp>
#include <utility>

#include "base/encoding.h"
#include "base/error.h"
#include "domain/constitution/document/constitution.h"

namespace soma::backends {
namespace {

constexpr std::string_view kPath = "constitution/mark";
/// Each lost race means that somebody else raised the mark, so a few suffice for any crowd. A path
/// that was deleted, and so reads as empty but cannot be created, ends here, too.
constexpr int kAttempts = 16;

MarkedLaw decode(const boost::json::object& data) {
    const auto* version = data.if_contains("version");
    const auto* hash = data.if_contains("hash");
    MarkedLaw mark;
    if (version != nullptr && version->is_int64() && version->get_int64() > 0 && hash != nullptr &&
        hash->is_string()) {
        mark.version = static_cast<std::uint64_t>(version->get_int64());
        mark.hash = from_hex(hash->get_string()).value_or("");
    }
    if (mark.hash.size() != domain::kHashBytes) {
        throw Error(ErrorKind::internal, "the mark of the law in OpenBao is no mark");
    }
    return mark;
}

}  // namespace

std::optional<MarkedLaw> LawMark::read(const Deadline& deadline) {
    const auto secret = vault_.get(kPath, deadline);
    return secret ? std::optional(decode(secret->data)) : std::nullopt;
}

MarkedLaw LawMark::raise(const MarkedLaw& law, const Deadline& deadline) {
    SOMA_ASSERT(law.version > 0 && law.hash.size() == domain::kHashBytes,
                "a verified version of the law");
    const boost::json::object wanted{{"version", law.version}, {"hash", to_hex(law.hash)}};
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        const auto secret = vault_.get(kPath, deadline);
        if (secret) {
            auto mark = decode(secret->data);
            if (mark.version == law.version && mark.hash != law.hash) {
                throw Error(ErrorKind::conflict, "OpenBao has marked another version " +
                                                     std::to_string(law.version) + " of the law");
            }
            if (mark.version >= law.version) {
                return mark;
            }
        }
        if (vault_.put_if(kPath, wanted, secret ? secret->version : 0, deadline)) {
            return law;
        }
    }
    throw Error(ErrorKind::unavailable, "the mark of the law could not be raised",
                "check-and-set lost " + std::to_string(kAttempts) + " times");
}

}  // namespace soma::backends
