#pragma once
#include <boost/json/object.hpp>
#include <string>

#include "cli/client/api_client.h"
#include "domain/constitution/chain.h"

namespace soma::cli {

/// The law's routes, as the subcommands use them. Not thread-safe. Throws Error with the service's
/// own words, and Error internal when an answer is not what the contract says.
class ConstitutionApi {
  public:
    ConstitutionApi();

    /// The answer of a GET under /v1/constitution.
    boost::json::object get(const std::string& path);
    boost::json::object post(const std::string& path, const boost::json::object& body);

    /// The path under /v1/constitution of what a person calls by a version's number, by a
    /// proposal's id or its first 8 digits or more, or by nothing: then the newest version.
    std::string path_of(const std::string& name);
    /// Id of the proposal that `name` means; nothing means the only one there is.
    std::string proposal(const std::string& name);

  private:
    ApiClient client_;
};

/// The text member `name`; Error internal when there is none.
std::string text_member(const boost::json::object& object, std::string_view name);

/// The law an answer holds, with its signatures, and nothing of it believed.
domain::SignedVersion version_of(const boost::json::object& answer);

/// "2 of 3", or "none" when the answer does not count them.
std::string count_of(const boost::json::object& answer, std::string_view name);

}  // namespace soma::cli
