#include "backends/postgres/ledger/write_law.h"

namespace soma::backends {
namespace {

constexpr Statement kPropose{
    "law_propose",
    "INSERT INTO constitution_versions (hash, version, document, log_index, proposed_at)"
    " VALUES ($1::bytea, $2::bigint, $3::bytea, $4::bigint, $5::timestamptz)"};
constexpr Statement kSign{
    "law_sign",
    "INSERT INTO constitution_signatures (hash, public_key, signature, signed_at)"
    " VALUES ($1::bytea, $2::bytea, $3::bytea, $4::timestamptz)"};
// One statement: the pointer never stands at a version that is not there.
constexpr Statement kActivate{
    "law_activate",
    "WITH active AS (UPDATE constitution_versions SET activated_at = $2::timestamptz"
    " WHERE hash = $1::bytea RETURNING version, hash)"
    " UPDATE constitution_pointer p SET version = a.version, hash = a.hash FROM active a"};

class Write {
  public:
    Write(Connection& connection, const domain::PlannedLaw& law)
        : connection_(connection), law_(law) {}

    void operator()(const domain::ProposeLaw& step) const {
        connection_.queue(kPropose, Params()
                                        .add_bytes(step.document.hash)
                                        .add(step.document.law.version)
                                        .add_bytes(step.document.text)
                                        .add(law_.at.log_index)
                                        .add(law_.now));
    }
    void operator()(const domain::SignLaw& step) const {
        connection_.queue(kSign, Params()
                                     .add_bytes(step.hash)
                                     .add_bytes(step.signature.public_key)
                                     .add_bytes(step.signature.bytes)
                                     .add(law_.now));
    }
    void operator()(const domain::ActivateLaw& step) const {
        connection_.queue(kActivate, Params().add_bytes(step.hash).add(law_.now));
    }

  private:
    Connection& connection_;
    const domain::PlannedLaw& law_;
};

}  // namespace

void queue_law(Connection& connection, const domain::PlannedLaw& law) {
    std::visit(Write(connection, law), law.change->step);
}

}  // namespace soma::backends
