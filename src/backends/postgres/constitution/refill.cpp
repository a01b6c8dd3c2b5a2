#include "backends/postgres/constitution/refill.h"

#include "backends/postgres/statements.h"
#include "base/error.h"

namespace soma::backends {
namespace {

// Whoever gives a law takes the same lock first.
constexpr Statement kLock{"law_refill_lock", "SELECT version FROM constitution_pointer FOR UPDATE"};
constexpr Statement kAny{"law_refill_any", "SELECT EXISTS (SELECT FROM constitution_versions)"};
// The events of these versions are gone with the log they stood in.
constexpr Statement kVersion{
    "law_refill_version",
    "INSERT INTO constitution_versions"
    " (hash, version, document, log_index, proposed_at, activated_at, locked_at)"
    " VALUES ($1::bytea, $2::bigint, $3::bytea, 0, $4::timestamptz, $4::timestamptz,"
    " $4::timestamptz)"};
constexpr Statement kSignature{
    "law_refill_signature",
    "INSERT INTO constitution_signatures (hash, public_key, signature, signed_at)"
    " VALUES ($1::bytea, $2::bytea, $3::bytea, $4::timestamptz)"};
constexpr Statement kPointer{"law_refill_pointer",
                             "UPDATE constitution_pointer SET version = $1::bigint,"
                             " hash = $2::bytea"};

}  // namespace

LawRefill::LawRefill(const ConnectionSettings& owner, const Deadline& deadline)
    : deadline_(deadline), connection_(Connection::open(owner, deadline)) {
    connection_->run(kBegin, {}, deadline_);
    const auto pointer = connection_->run(kLock, {}, deadline_);
    const auto any = connection_->run(kAny, {}, deadline_);
    if (pointer.rows() != 1 || pointer.row(0).uint64(0) != 0 || any.row(0).boolean(0)) {
        throw Error(ErrorKind::conflict,
                    "the database has laws or proposals already: only an empty one is restored");
    }
}

LawRefill::~LawRefill() {
    if (!committed_) {
        connection_->rollback(deadline_);
    }
}

void LawRefill::add(std::uint64_t version, std::string_view hash,
                    const domain::SignedVersion& content, Time now) {
    connection_->queue(kVersion,
                       Params().add_bytes(hash).add(version).add_bytes(content.text).add(now));
    for (const auto& signature : content.signatures) {
        connection_->queue(kSignature, Params()
                                           .add_bytes(hash)
                                           .add_bytes(signature.public_key)
                                           .add_bytes(signature.bytes)
                                           .add(now));
    }
    connection_->queue(kPointer, Params().add(version).add_bytes(hash));
    connection_->flush(deadline_);
}

void LawRefill::commit() {
    connection_->run(kCommit, {}, deadline_);
    committed_ = true;
}

}  // namespace soma::backends
