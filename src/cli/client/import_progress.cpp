#include "cli/client/import_progress.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/canonical_json.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"

namespace soma::cli {
namespace {

namespace fs = std::filesystem;

fs::path state_folder() {
    const auto variable = [](const char* name) {
        const char* value = std::getenv(name);
        return std::string(value == nullptr ? "" : value);
    };
    const std::string state = variable("XDG_STATE_HOME");
    return (state.empty() ? fs::path(variable("HOME")) / ".local" / "state" : fs::path(state)) /
           "somabrain";
}

/// The token's claims without those that differ in every token: who imports, and into which tenant.
std::string who(const std::string& token) {
    const auto first = token.find('.');
    const auto second = token.find('.', first + 1);
    if (second == std::string::npos) {
        return token;
    }
    const auto claims = from_base64url(token.substr(first + 1, second - first - 1));
    boost::system::error_code failed;
    auto value = boost::json::parse(claims.value_or(""), failed);
    if (failed || !value.is_object()) {
        return token;
    }
    for (const auto* fleeting : {"exp", "iat", "nbf", "jti"}) {
        value.get_object().erase(fleeting);
    }
    return to_canonical_json(value);
}

}  // namespace

ImportProgress::ImportProgress(const ApiClient& client, const std::vector<std::string>& paths,
                               const std::vector<domain::ImportItem>& items) {
    std::string identity = client.url() + '\n' + who(client.token()) + '\n';
    for (const auto& path : paths) {
        identity += fs::absolute(path).lexically_normal().string() + '\n';
    }
    std::string content;
    for (const auto& item : items) {
        content += item.place + '\n' + boost::json::serialize(item.request) + '\n';
    }
    path_ = state_folder() / ("import-" + to_hex(sha256(identity)).substr(0, 32));
    items_digest_ = to_hex(sha256(content));
    std::string digest;
    if (!(std::ifstream(path_) >> done_ >> run_ >> digest) || digest != items_digest_) {
        begin();
    }
}

void ImportProgress::begin() {
    run_ = to_hex(random_bytes(8));
    save(0);
}

void ImportProgress::save(std::size_t done) {
    done_ = done;
    fs::create_directories(fs::path(path_).parent_path());
    const std::string draft = path_ + ".new";
    std::ofstream out(draft, std::ios::trunc);
    out << done << ' ' << run_ << ' ' << items_digest_ << '\n';
    out.close();
    // Renamed: a run that is cut off leaves the old count or the new one, never half of one.
    if (!out || std::rename(draft.c_str(), path_.c_str()) != 0) {
        throw Error(ErrorKind::unavailable, path_ + ": cannot be written");
    }
}

}  // namespace soma::cli
