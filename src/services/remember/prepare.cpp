#include "services/remember/prepare.h"

#include <optional>

#include "base/encoding.h"
#include "base/error.h"
#include "domain/memory/embedding.h"
#include "domain/memory/passages.h"
#include "domain/memory/sealing.h"

namespace soma::services {
namespace {

using somabrain::v1::RememberRequest;

std::optional<Time> time_of(const std::string& text) {
    return text.empty() ? std::nullopt : parse_rfc3339(text);
}

domain::MemoryFacts facts_of(const RememberRequest& item, const std::string& field, const Uuid& id,
                             Time now) {
    domain::MemoryFacts facts;
    facts.id = id;
    facts.created_at = now;
    facts.occurred_at = time_of(item.occurred_at());
    facts.valid_from = time_of(item.valid_from());
    facts.valid_to = time_of(item.valid_to());
    if (facts.valid_from && facts.valid_to && *facts.valid_to <= *facts.valid_from) {
        throw invalid(field + "/valid_to", "must be after valid_from");
    }
    if (item.has_ttl_seconds()) {
        facts.expires_at = now + std::chrono::seconds(item.ttl_seconds());
    }
    if (item.has_turn()) {
        facts.turn = item.turn();
    }
    if (item.has_importance()) {
        facts.importance = item.importance();
    }
    facts.kind = item.kind();
    return facts;
}

domain::MemoryContent content_of(const RememberRequest& item) {
    return {.text = item.text(),
            .subject = item.subject(),
            .speaker = item.speaker(),
            .session_id = item.session_id(),
            .key = item.key(),
            .tags = {item.tags().begin(), item.tags().end()},
            .metadata = item.metadata()};
}

Prepared unsealed(const RememberRequest& item, const std::string& field, const Uuid& id, Time now,
                  const TenantKeys& keys) {
    Prepared prepared;
    prepared.plain = std::make_shared<domain::Memory>(
        domain::Memory{facts_of(item, field, id, now), content_of(item), {}});
    prepared.row.facts = prepared.plain->facts;
    if (!item.key().empty()) {
        prepared.row.key_hmac = keys.key_hmac(item.key());
    }
    if (!item.session_id().empty()) {
        prepared.row.session_hmac = keys.session_hmac(item.session_id());
        prepared.assign_turn = !item.has_turn();
    }
    return prepared;
}

void seal(Prepared& prepared, const backends::TenantRow& tenant, const SubjectKey& key) {
    const Uuid& id = prepared.row.facts.id;
    prepared.key_id = key.key_id;
    prepared.row.subject_hmac = from_hex(key.subject_id_hex).value();
    prepared.row.sealed =
        domain::seal_content(key.data_key, tenant.id, id, prepared.plain->content);
    const auto& passages = prepared.plain->passages;
    for (std::uint32_t number = 0; number < passages.size(); ++number) {
        const domain::PassagePlace place{tenant.id, id, number, tenant.model_generation};
        prepared.row.passages.push_back(
            {number, tenant.model_generation,
             domain::seal_passage(key.data_key, place, passages[number])});
    }
}

}  // namespace

RequestContext with_time_to_embed(RequestContext context,
                                  std::span<const RememberRequest* const> items) {
    std::size_t bytes = 0;
    for (const auto* item : items) {
        bytes += item->embedding().empty() ? item->text().size() : 0;
    }
    if (bytes > kMaxEmbeddedBytes) {
        throw invalid("/items", "have " + std::to_string(bytes) +
                                    " bytes of text to embed, at most " +
                                    std::to_string(kMaxEmbeddedBytes) + " in one request");
    }
    context.deadline = context.deadline.plus(std::chrono::milliseconds(bytes / 4));
    return context;
}

void Preparer::embed(const backends::TenantRow& tenant, std::span<Prepared> prepared,
                     std::span<const RememberRequest* const> items,
                     const std::vector<std::string>& fields, const Deadline& deadline) {
    const auto dimension = static_cast<std::size_t>(tenant.dimension);
    std::vector<std::string> texts;
    std::vector<std::pair<domain::Passage*, const std::string*>> targets;
    for (std::size_t i = 0; i < items.size(); ++i) {
        const std::string& text = items[i]->text();
        auto& passages = prepared[i].plain->passages;
        if (!items[i]->embedding().empty()) {
            const auto& given = items[i]->embedding();
            passages.push_back(
                {0, static_cast<std::uint32_t>(text.size()),
                 domain::stored_form({given.data(), static_cast<std::size_t>(given.size())},
                                     dimension, fields[i] + "/embedding")});
            continue;
        }
        if (tenant.model != embedder_.model()) {
            throw invalid(fields[i] + "/embedding", "is needed: this tenant's vectors are its own");
        }
        for (const auto& span : domain::split_passages(
                 text, [this](std::string_view part) { return embedder_.count_pieces(part); })) {
            passages.push_back({span.begin, span.end, {}});
        }
        for (auto& passage : passages) {
            texts.push_back(text.substr(passage.begin, passage.end - passage.begin));
            targets.emplace_back(&passage, &fields[i]);
        }
    }
    const auto vectors = embedder_.embed_many(texts, deadline);
    for (std::size_t i = 0; i < targets.size(); ++i) {
        targets[i].first->vector =
            domain::stored_form(vectors[i], dimension, *targets[i].second + "/text");
    }
}

std::vector<Prepared> Preparer::prepare(const RequestContext& context, const Admission& admission,
                                        std::span<const RememberRequest* const> items,
                                        const std::string& field_prefix) {
    const auto& tenant = admission.tenant;
    const auto keys = keyring_.tenant(tenant.id, context.deadline);
    std::vector<Prepared> prepared;
    std::vector<std::string> fields;
    for (std::size_t i = 0; i < items.size(); ++i) {
        fields.push_back(field_prefix.empty() ? "" : field_prefix + "/" + std::to_string(i));
        prepared.push_back(
            unsealed(*items[i], fields[i], ids_.next(context.now), context.now, *keys));
    }
    embed(tenant, prepared, items, fields, context.deadline);
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto key = keyring_.subject(tenant.id, items[i]->subject(), Keyring::IfAbsent::create,
                                          context.deadline);
        seal(prepared[i], tenant, *key);
        prepared[i].request_digest = to_hex(key->digest(items[i]->SerializeAsString()));
    }
    return prepared;
}

}  // namespace soma::services
