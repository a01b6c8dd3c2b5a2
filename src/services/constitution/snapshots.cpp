#include "services/constitution/snapshots.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <variant>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"
#include "domain/constitution/envelope.h"

namespace soma::services {
namespace {

using backends::ObjectVersion;

constexpr std::string_view kFolder = "constitution/";
constexpr std::size_t kVersionDigits = 20;  ///< of any 64-bit number: names sort as versions do
constexpr std::size_t kHashDigits = 32;
constexpr std::string_view kSuffix = ".json";

static_assert(domain::kMaxEnvelopeBytes <= backends::kMaxObjectBytes);

std::string folder_of(std::uint64_t version) {
    const std::string digits = std::to_string(version);
    return std::string(kFolder) + std::string(kVersionDigits - digits.size(), '0') + digits + "-";
}

std::string name_of(std::uint64_t version, std::string_view hash) {
    return folder_of(version) + to_hex(hash).substr(0, kHashDigits) + std::string(kSuffix);
}

/// The version a name claims; nullopt for names we would not have given.
std::optional<std::uint64_t> version_of(std::string_view name) {
    if (name.size() != kFolder.size() + kVersionDigits + 1 + kHashDigits + kSuffix.size()) {
        return std::nullopt;
    }
    std::uint64_t version = 0;
    const char* digits = name.data() + kFolder.size();
    const auto [end, trouble] = std::from_chars(digits, digits + kVersionDigits, version);
    const auto hash = from_hex(name.substr(kFolder.size() + kVersionDigits + 1, kHashDigits));
    if (trouble != std::errc() || !hash || name != name_of(version, *hash)) {
        return std::nullopt;
    }
    return version;
}

Error another(std::uint64_t version, std::string_view what) {
    return Error(ErrorKind::conflict, "object storage holds " + std::string(what) +
                                          " constitution version " + std::to_string(version));
}

}  // namespace

void LawSnapshots::save(std::uint64_t version, std::string_view hash,
                        const domain::SignedVersion& content, const Deadline& deadline) {
    SOMA_ASSERT(hash == sha3_512(content.text), "a version is saved under its own hash");
    const std::string name = name_of(version, hash);
    const std::string bytes = domain::encode_signed(content);
    const Time now = wall_clock_now();
    auto found = objects_of(version, deadline);
    if (found.empty()) {
        // Whoever was first, we or a neighbour: what is there now is what is looked at.
        store_.put_locked(name, bytes, now + retention_, deadline);
        found = objects_of(version, deadline);
    }
    if (found.empty()) {
        throw Error(ErrorKind::unavailable, "object storage did not keep a snapshot");
    }
    if (found.size() > 1 || found.front().name != name) {
        throw another(version, "another text of");
    }
    const auto kept = store_.read(found.front(), deadline);
    if (!kept || *kept != bytes) {
        throw another(version, "other bytes under the name of");
    }
    ensure_lock(found.front(), now, deadline);
}

void LawSnapshots::ensure_lock(const ObjectVersion& object, Time now, const Deadline& deadline) {
    const auto long_enough = [&] {
        const auto lock = store_.lock(object, deadline);
        return lock && lock->compliance && lock->until >= now + retention_ / 2;
    };
    if (long_enough()) {
        return;
    }
    store_.extend(object, now + retention_, deadline);
    if (!long_enough()) {
        throw Error(ErrorKind::unavailable, "object storage does not lock a snapshot");
    }
}

std::optional<LawSnapshot> LawSnapshots::newest(const Deadline& deadline) {
    std::uint64_t newest = 0;
    std::vector<ObjectVersion> named;
    for (ObjectVersion& each : store_.first_versions(kFolder, deadline)) {
        const std::uint64_t version = version_of(each.name).value_or(0);
        if (version > newest) {
            named.clear();
            newest = version;
        }
        if (version != 0 && version == newest) {
            named.push_back(std::move(each));
        }
    }
    return load(newest, named, deadline);
}

std::optional<LawSnapshot> LawSnapshots::read(std::uint64_t version, const Deadline& deadline) {
    return load(version, objects_of(version, deadline), deadline);
}

std::vector<ObjectVersion> LawSnapshots::objects_of(std::uint64_t version,
                                                    const Deadline& deadline) {
    auto found = store_.first_versions(folder_of(version), deadline);
    // A name that we would not have given says nothing.
    std::erase_if(found, [](const ObjectVersion& each) { return !version_of(each.name); });
    return found;
}

std::optional<LawSnapshot> LawSnapshots::load(std::uint64_t version,
                                              const std::vector<ObjectVersion>& named,
                                              const Deadline& deadline) {
    if (named.empty()) {
        return std::nullopt;
    }
    if (named.size() > 1) {
        throw another(version, "two texts of");
    }
    const auto bytes = store_.read(named.front(), deadline);
    if (!bytes) {
        throw Error(ErrorKind::unavailable, "object storage lost a snapshot it lists");
    }
    auto decoded = domain::decode_signed(*bytes);
    if (auto* content = std::get_if<domain::SignedVersion>(&decoded)) {
        LawSnapshot out{version, sha3_512(content->text), std::move(*content)};
        if (name_of(version, out.hash) == named.front().name) {
            return out;
        }
    }
    throw another(version, "other bytes under the name of");
}

}  // namespace soma::services
