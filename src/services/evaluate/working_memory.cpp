#include "services/evaluate/working_memory.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <functional>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/unicode.h"
#include "domain/context/bundle.h"
#include "domain/context/evaluation_record.h"
#include "domain/context/feedback_record.h"
#include "domain/memory/sealing.h"

namespace soma::services {
namespace {

namespace json = boost::json;
using domain::WorkingMemory;

/// Appending must not hold a request up when Redis or OpenBao is slow: the next read rebuilds.
constexpr std::chrono::milliseconds kAppendTime{200};
constexpr std::size_t kHmacBytes = 32;

void keep_last(std::vector<SessionEntry>& entries) {
    // Of two commits, the later one may be appended first.
    std::sort(entries.begin(), entries.end(),
              [](const auto& a, const auto& b) { return a.log_index < b.log_index; });
    if (entries.size() > domain::kMaxWorkingMemoryItems) {
        entries.erase(entries.begin(), entries.end() - domain::kMaxWorkingMemoryItems);
    }
}

std::string cut(std::string text) {
    if (text.size() > domain::kMaxItemTextBytes) {
        text.resize(floor_boundary(text, domain::kMaxItemTextBytes));
    }
    return text;
}

std::string context_of(const Uuid& tenant, const std::string& key) {
    return "somabrain/working-memory/v1" + std::string(1, '\0') + std::string(tenant.view()) + key;
}

json::object plain_form(const SessionEntry& entry) {
    json::object object;
    object["log_index"] = entry.log_index;
    if (entry.ends_at) {
        object["ends_at"] = entry.ends_at->time_since_epoch().count();
    }
    object["kind"] = static_cast<int>(entry.item.kind);
    object["id"] = entry.item.id.to_string();
    object["text"] = entry.item.text;
    object["speaker"] = entry.item.speaker;
    object["time"] = entry.item.time.time_since_epoch().count();
    return object;
}

SessionEntry parse_plain(const json::object& object, std::string subject_hmac) {
    SessionEntry entry;
    entry.log_index = object.at("log_index").to_number<std::uint64_t>();
    if (const auto* ends = object.if_contains("ends_at")) {
        entry.ends_at = Time(std::chrono::microseconds(ends->to_number<std::int64_t>()));
    }
    entry.subject_hmac = std::move(subject_hmac);
    entry.item.kind = static_cast<WorkingMemory::Kind>(object.at("kind").to_number<int>());
    entry.item.id = Uuid::parse(object.at("id").as_string()).value();
    entry.item.text = object.at("text").as_string();
    entry.item.speaker = object.at("speaker").as_string();
    entry.item.time = Time(std::chrono::microseconds(object.at("time").to_number<std::int64_t>()));
    return entry;
}

/// What a value in Redis holds of one entry.
struct StoredEntry {
    std::string subject_hmac;
    std::string sealed;
};
/// A value in Redis.
struct StoredProjection {
    std::uint64_t log_size = 0;
    std::uint64_t begin_index = 0;
    std::vector<StoredEntry> entries;
};

const json::value* member(const json::value& value, std::string_view name) {
    const auto* object = value.if_object();
    return object != nullptr ? object->if_contains(name) : nullptr;
}

std::optional<std::uint64_t> number_at(const json::value& value, std::string_view name) {
    const auto* number = member(value, name);
    return number != nullptr && number->is_int64() && number->get_int64() >= 0
               ? std::optional(static_cast<std::uint64_t>(number->get_int64()))
               : std::nullopt;
}

std::string text_at(const json::value& value, std::string_view name) {
    const auto* text = member(value, name);
    return text != nullptr && text->is_string() ? std::string(text->as_string()) : "";
}

/// Nullopt for a value that is damaged: Postgres has the truth.
std::optional<StoredProjection> parse_stored(std::string_view text) {
    boost::system::error_code damaged;
    const json::value value = json::parse(text, damaged);
    const auto size = number_at(value, "log_size");
    const auto begin = number_at(value, "begin_index");
    const auto* list = member(value, "entries");
    if (damaged || !size || !begin || list == nullptr || !list->is_array()) {
        return std::nullopt;
    }
    StoredProjection stored{*size, *begin, {}};
    for (const auto& entry : list->get_array()) {
        auto subject_hmac = from_hex(text_at(entry, "subject"));
        auto sealed = from_base64(text_at(entry, "sealed"));
        if (!subject_hmac || subject_hmac->size() != kHmacBytes || !sealed) {
            return std::nullopt;
        }
        stored.entries.push_back({std::move(*subject_hmac), std::move(*sealed)});
    }
    return stored;
}

/// What a row says, if its subject's key still opens it.
std::optional<WorkingMemory> opened(const backends::SessionRow& row, const SubjectKey& key,
                                    const Uuid& tenant) {
    WorkingMemory item{row.kind, row.id, "", "", row.created_at};
    switch (row.kind) {
        case WorkingMemory::Kind::turn: {
            auto content = domain::open_content(key.data_key, tenant, row.id, row.sealed);
            if (!content) {
                return std::nullopt;
            }
            item.text = cut(std::move(content->text));
            item.speaker = std::move(content->speaker);
            return item;
        }
        case WorkingMemory::Kind::query: {
            auto record = domain::open_record(key.data_key, tenant, row.id, row.sealed);
            if (!record) {
                return std::nullopt;
            }
            item.text = cut(std::move(record->query));
            return item;
        }
        case WorkingMemory::Kind::response: {
            auto record = domain::open_feedback(key.data_key, tenant, row.id, row.sealed);
            if (!record) {
                return std::nullopt;
            }
            item.text = cut(std::move(record->response));
            return item;
        }
    }
    return std::nullopt;
}

}  // namespace

WorkingMemoryStore::WorkingMemoryStore(backends::RedisCache& cache, backends::Sessions& sessions,
                                       Keyring& keyring, std::chrono::seconds time_to_live)
    : cache_(cache),
      sessions_(sessions),
      keyring_(keyring),
      time_to_live_(time_to_live),
      process_(to_hex(random_bytes(8))) {}

std::vector<WorkingMemory> WorkingMemoryStore::entries(const Uuid& tenant,
                                                       const std::string& session_hmac, Time now,
                                                       const Deadline& deadline) {
    const auto is_past = [now](const SessionEntry& entry) {
        return entry.ends_at && *entry.ends_at <= now;
    };
    std::optional<Projection> found;
    {
        const std::scoped_lock lock(stripe(session_hmac));
        const std::string name = key(tenant, session_hmac);
        found = load(tenant, name, deadline);
        // An entry that ended makes room for an older one, which only Postgres has.
        if (!found || std::any_of(found->entries.begin(), found->entries.end(), is_past)) {
            found = rebuild(tenant, session_hmac, now, deadline);
            store(tenant, name, *found, deadline);
        }
    }
    std::vector<WorkingMemory> items;
    for (auto& entry : found->entries) {
        items.push_back(std::move(entry.item));
    }
    return items;
}

std::vector<std::optional<WorkingMemory>> WorkingMemoryStore::named(const Uuid& tenant,
                                                                    std::span<const Uuid> ids,
                                                                    Time now,
                                                                    const Deadline& deadline) {
    std::vector<std::optional<WorkingMemory>> items(ids.size());
    if (ids.empty()) {
        return items;
    }
    for (const auto& row : sessions_.named(tenant, ids, now, deadline)) {
        const auto subject = keyring_.subject_by_hmac(tenant, row.subject_hmac, deadline);
        const auto place = std::find(ids.begin(), ids.end(), row.id) - ids.begin();
        items[static_cast<std::size_t>(place)] =
            subject ? opened(row, *subject, tenant) : std::nullopt;
    }
    return items;
}

void WorkingMemoryStore::append(const Uuid& tenant, std::span<const SessionTurn> turns,
                                std::span<const domain::Assigned> assigned) {
    for (const auto& turn : turns) {
        SessionEntry entry = turn.entry;
        entry.log_index = assigned[turn.change].log_index;
        append(tenant, turn.session_hmac, std::move(entry));
    }
}

void WorkingMemoryStore::append(const Uuid& tenant, const std::string& session_hmac,
                                SessionEntry entry) {
    entry.item.text = cut(std::move(entry.item.text));
    try {
        const Deadline deadline(kAppendTime);
        const std::scoped_lock lock(stripe(session_hmac));
        const std::string name = key(tenant, session_hmac);
        auto known = load(tenant, name, deadline);
        if (!known) {
            if (!cache_.healthy()) {
                distrust(tenant);  // It may be there all the same, and now lacks this entry.
            }
            return;  // Nothing to keep in step: the next read rebuilds from Postgres.
        }
        if (entry.log_index < known->log_size ||
            (entry.question_index && *entry.question_index < known->begin_index)) {
            return;  // Rebuilt since the commit: it is there, or left out because it ended.
        }
        known->entries.push_back(std::move(entry));
        keep_last(known->entries);
        store(tenant, name, *known, deadline);
    } catch (const Error&) {
        distrust(tenant);
    }
}

void WorkingMemoryStore::end(const Uuid& tenant, const std::string& session_hmac) {
    const std::scoped_lock lock(stripe(session_hmac));
    if (!cache_.remove(key(tenant, session_hmac))) {
        distrust(tenant);
    }
}

void WorkingMemoryStore::distrust(const Uuid& tenant) {
    generations_[std::hash<Uuid>{}(tenant) % generations_.size()].fetch_add(
        1, std::memory_order_relaxed);
}

std::string WorkingMemoryStore::key(const Uuid& tenant, const std::string& session_hmac) const {
    const auto generation = generations_[std::hash<Uuid>{}(tenant) % generations_.size()].load(
        std::memory_order_relaxed);
    return backends::cache_key(
        "session", tenant,
        process_ + ":" + std::to_string(generation) + ":" + to_hex(session_hmac));
}

std::optional<WorkingMemoryStore::Projection> WorkingMemoryStore::load(const Uuid& tenant,
                                                                       const std::string& key,
                                                                       const Deadline& deadline) {
    const auto text = cache_.get(key);
    const auto stored = text ? parse_stored(*text) : std::nullopt;
    if (!stored) {
        return std::nullopt;
    }
    Projection projection{stored->log_size, stored->begin_index, {}};
    for (const auto& [subject_hmac, sealed] : stored->entries) {
        const auto subject = keyring_.subject_by_hmac(tenant, subject_hmac, deadline);
        if (!subject) {
            continue;  // Erased: what it sealed is gone everywhere.
        }
        const auto plain = open_sealed(subject->data_key, context_of(tenant, key), sealed);
        if (!plain) {
            return std::nullopt;
        }
        projection.entries.push_back(parse_plain(json::parse(*plain).as_object(), subject_hmac));
    }
    return projection;
}

void WorkingMemoryStore::store(const Uuid& tenant, const std::string& key,
                               const Projection& projection, const Deadline& deadline) {
    json::array array;
    for (const auto& entry : projection.entries) {
        const auto subject = keyring_.subject_by_hmac(tenant, entry.subject_hmac, deadline);
        if (subject) {
            const auto sealed = seal(subject->data_key, context_of(tenant, key),
                                     json::serialize(plain_form(entry)));
            array.push_back(json::object{{"subject", to_hex(entry.subject_hmac)},
                                         {"sealed", to_base64(sealed)}});
        }
    }
    const json::object value{{"log_size", static_cast<std::int64_t>(projection.log_size)},
                             {"begin_index", static_cast<std::int64_t>(projection.begin_index)},
                             {"entries", std::move(array)}};
    if (!cache_.set(key, json::serialize(value), time_to_live_)) {
        distrust(tenant);
    }
}

WorkingMemoryStore::Projection WorkingMemoryStore::rebuild(const Uuid& tenant,
                                                           const std::string& session_hmac,
                                                           Time now, const Deadline& deadline) {
    constexpr int limit = static_cast<int>(domain::kMaxWorkingMemoryItems);
    const auto tail = sessions_.tail(tenant, session_hmac, limit, now, deadline);
    Projection projection{tail.log_size, tail.begin_index, {}};
    for (const auto& row : tail.rows) {
        const auto subject = keyring_.subject_by_hmac(tenant, row.subject_hmac, deadline);
        auto item = subject ? opened(row, *subject, tenant) : std::nullopt;
        if (item) {
            projection.entries.push_back(
                {row.log_index, std::nullopt, row.ends_at, row.subject_hmac, std::move(*item)});
        }
    }
    return projection;
}

std::mutex& WorkingMemoryStore::stripe(const std::string& session_hmac) {
    return stripes_[std::hash<std::string>{}(session_hmac) % stripes_.size()];
}

}  // namespace soma::services
