#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backends/embedder/embedder.h"
#include "domain/ledger/intent.h"
#include "services/gate/admission.h"
#include "services/keyring/keyring.h"
#include "somabrain/v1/memory.pb.h"

namespace soma::services {

/// A memory ready for the committer, still without its place in the streams.
struct Prepared {
    domain::StoredMemory row;
    std::shared_ptr<domain::Memory> plain;
    bool assign_turn = false;
    std::string request_digest;  ///< lower-case hexadecimal, under the subject's salt
    std::string key_id;          ///< of the data key that sealed it
};

/// Texts to be embedded, all those of one request together: at most this many bytes.
inline constexpr std::size_t kMaxEmbeddedBytes = 1 << 20;

/// `context` with the time added that embedding `items` may take: a quarter of a millisecond for
/// each byte of text that comes without a vector, some six times what two cores need when every
/// character is a piece of its own. Pure. Throws Error invalid_argument above kMaxEmbeddedBytes.
RequestContext with_time_to_embed(RequestContext context,
                                  std::span<const somabrain::v1::RememberRequest* const> items);

/// Turns requests into rows: checks what spans several fields, splits texts into passages, embeds
/// those without a given vector (all together), seals everything under the subjects' keys.
/// Thread-safe.
class Preparer {
  public:
    Preparer(Keyring& keyring, backends::Embedder& embedder, UuidGenerator& ids)
        : keyring_(keyring), embedder_(embedder), ids_(ids) {}

    /// Aligned with `items`. `field_prefix` is "/items" for a batch (its items are then named
    /// "/items/3/…") and empty for a single memory. Throws Error invalid_argument, unavailable.
    std::vector<Prepared> prepare(const RequestContext& context, const Admission& admission,
                                  std::span<const somabrain::v1::RememberRequest* const> items,
                                  const std::string& field_prefix);

  private:
    void embed(const backends::TenantRow& tenant, std::span<Prepared> prepared,
               std::span<const somabrain::v1::RememberRequest* const> items,
               const std::vector<std::string>& fields, const Deadline& deadline);

    Keyring& keyring_;
    backends::Embedder& embedder_;
    UuidGenerator& ids_;
};

}  // namespace soma::services
