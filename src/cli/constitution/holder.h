#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "backends/vault/transit_signer.h"
#include "config/config.h"

namespace soma::cli {

/// The transit key `name`, by the AppRole credentials NAME-role-id and NAME-secret-id in `folder`
/// (SOMABRAIN_SIGNERS_DIR when it is empty), as deploy/vault/signers.sh writes them.
backends::TransitSigner signer_of(const config::Config& config, const std::string& name,
                                  const std::string& folder);

/// A whole file; throws Error invalid_argument when it cannot be read or has more than `most`
/// bytes.
std::string read_file(const std::string& path, std::size_t most);
/// A new file; throws Error already_exists rather than replace one.
void write_new_file(const std::string& path, std::string_view text);

}  // namespace soma::cli
