#include "services/search/load.h"

#include <memory>
#include <string>
#include <unordered_map>

#include "base/error.h"
#include "domain/memory/sealing.h"

namespace soma::services {
namespace {

constexpr int kPageRows = 2'000;

[[noreturn]] void damaged(const Uuid& memory) {
    throw Error(ErrorKind::internal, "internal error",
                "a memory does not open: " + memory.to_string());
}

}  // namespace

domain::Memory open_memory(const Uuid& tenant, const domain::StoredMemory& row,
                           const SubjectKey& key) {
    auto content = domain::open_content(key.data_key, tenant, row.facts.id, row.sealed);
    if (!content) {
        damaged(row.facts.id);
    }
    domain::Memory memory{row.facts, std::move(*content), {}, row.links};
    for (const auto& stored : row.passages) {
        auto passage = domain::open_passage(
            key.data_key, {tenant, row.facts.id, stored.passage, stored.model_generation},
            stored.sealed);
        if (!passage) {
            damaged(row.facts.id);
        }
        memory.passages.push_back(std::move(*passage));
    }
    return memory;
}

std::optional<domain::Memory> open_current(Keyring& keyring, const Uuid& tenant,
                                           const domain::StoredMemory& row, Time now,
                                           const Deadline& deadline) {
    const bool is_past = row.facts.expires_at && *row.facts.expires_at <= now;
    const auto key =
        is_past ? nullptr : keyring.subject_by_hmac(tenant, row.subject_hmac, deadline);
    return key ? std::optional(open_memory(tenant, row, *key)) : std::nullopt;
}

std::optional<FoundMemory> found_memory(const domain::Memory& memory, const domain::Hit& hit) {
    if (hit.passage >= memory.passages.size()) {
        return std::nullopt;
    }
    constexpr std::size_t limit = domain::Corpus::max_answer_text_bytes;
    const domain::Record record(memory);
    return FoundMemory{.hit = hit,
                       .facts = record.facts(),
                       .content = record.content(hit.passage, limit),
                       .truncated = record.is_longer_than(hit.passage, limit),
                       .vector = memory.passages[hit.passage].vector};
}

std::uint64_t TenantLoader::operator()(const Uuid& tenant, const Deadline& deadline,
                                       const backends::MemorySink& sink) {
    const auto row = tenants_.find(tenant, deadline);
    if (!row) {
        throw Error(ErrorKind::not_found, "no such tenant");
    }
    // A tenant has few subjects and many memories: ask the keyring once for each.
    std::unordered_map<std::string, std::shared_ptr<const SubjectKey>> keys;
    const auto key_of = [&](const std::string& subject_hmac) {
        const auto [entry, fresh] = keys.try_emplace(subject_hmac);
        if (fresh) {
            entry->second = keyring_.subject_by_hmac(tenant, subject_hmac, deadline);
        }
        return entry->second;
    };
    bool visited = false;
    return memories_.scan(
        row->streams(), row->model_generation, kPageRows,
        [&visited] {
            if (visited) {
                throw Error(ErrorKind::unavailable, "the connection was lost while loading");
            }
        },
        [&](std::span<domain::StoredMemory> page) {
            visited = true;
            for (const auto& stored : page) {
                if (const auto key = key_of(stored.subject_hmac)) {
                    sink(open_memory(tenant, stored, *key));
                }
            }
        },
        deadline);
}

}  // namespace soma::services
