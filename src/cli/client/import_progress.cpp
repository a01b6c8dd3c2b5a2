#include "cli/client/import_progress.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "base/canonical_json.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"

namespace soma::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDigestLetters = 32;

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
                               const domain::ImportList& list) {
    std::string identity = client.url() + '\n' + who(client.token()) + '\n';
    for (const auto& path : paths) {
        identity += fs::absolute(path).lexically_normal().string() + '\n';
    }
    path_ = state_folder() / ("import-" + to_hex(sha256(identity)).substr(0, 32));
    std::map<std::string, int> seen;
    const auto digest_of = [&seen](const std::string& content) {
        const std::string nth = std::to_string(++seen[content]);
        return to_hex(sha256(nth + '\n' + content)).substr(0, kDigestLetters);
    };
    std::string all;
    for (const auto& item : list.items) {
        items_.push_back(digest_of(item.request));
        all += items_.back();
    }
    for (const auto& link : list.links) {
        links_.push_back(digest_of(items_[link.from] + ' ' + link.type + ' ' + items_[link.to]));
        all += links_.back();
    }
    list_digest_ = to_hex(sha256(all)).substr(0, kDigestLetters);
    load();
}

/// First line: the run and the list it was over. Then a line a batch, of the items it made done and
/// their ids: a line that was cut off counts for nothing, so that its batch is sent again as it
/// was.
void ImportProgress::load() {
    std::ifstream in(path_, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    const std::size_t whole = text.rfind('\n') + 1;
    std::istringstream words(text.substr(0, whole));
    std::string list;
    words >> run_ >> list;
    std::set<std::string, std::less<>> present(items_.begin(), items_.end());
    present.insert(links_.begin(), links_.end());
    std::string lines;
    for (std::string word; words >> word;) {
        const std::string digest = word.substr(0, word.find(':'));
        if (digest.size() < word.size() && present.contains(digest) &&
            done_.emplace(digest, word.substr(digest.size() + 1)).second) {
            lines += word + '\n';
        }
    }
    const bool is_same = list == list_digest_;
    if (!is_same) {
        // Other items: what they share with the last run stays done, under a run of its own.
        run_ = to_hex(random_bytes(8));
    }
    if (!is_same || whole != text.size()) {
        write(lines, true);
    }
}

void ImportProgress::begin() {
    done_.clear();
    run_ = to_hex(random_bytes(8));
    write("", true);
}

std::string ImportProgress::id_of(std::size_t item) const {
    const auto found = done_.find(items_[item]);
    return found == done_.end() ? "" : found->second;
}

std::size_t ImportProgress::done() const {
    return static_cast<std::size_t>(std::count_if(
        items_.begin(), items_.end(), [this](const auto& item) { return done_.contains(item); }));
}

void ImportProgress::add(std::span<const std::size_t> items, std::span<const std::string> ids) {
    SOMA_ASSERT(items.size() == ids.size(), "each item has its id");
    std::string line;
    for (std::size_t i = 0; i < items.size(); ++i) {
        line += (line.empty() ? "" : " ") + items_[items[i]] + ':' + ids[i];
        done_[items_[items[i]]] = ids[i];
    }
    write(line + '\n', false);
}

void ImportProgress::add_link(std::size_t link) {
    done_[links_[link]] = "";
    write(links_[link] + ":\n", false);
}

void ImportProgress::write(const std::string& lines, bool is_new) {
    fs::create_directories(fs::path(path_).parent_path());
    const std::string draft = is_new ? path_ + ".new" : path_;
    std::ofstream out(draft, is_new ? std::ios::trunc : std::ios::app);
    out << (is_new ? run_ + ' ' + list_digest_ + '\n' : "") << lines;
    out.close();
    // Renamed: a run that is cut off here leaves the old file or the new one, never half of one.
    if (!out || (is_new && std::rename(draft.c_str(), path_.c_str()) != 0)) {
        throw Error(ErrorKind::unavailable, path_ + ": cannot be written");
    }
}

}  // namespace soma::cli
