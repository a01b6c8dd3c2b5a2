#include "domain/memory/sealing.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cstring>

#include "base/crypto.h"
#include "base/encoding.h"

namespace soma::domain {
namespace {

namespace json = boost::json;

/// First byte of every content blob: the day the form changes, old blobs still say what they are.
constexpr char kContentVersion = 1;
constexpr std::size_t kPassageHeaderBytes = 12;

std::string content_context(const Uuid& tenant, const Uuid& memory_id) {
    std::string context = "somabrain/memory/v1";
    context.push_back('\0');
    context += tenant.view();
    context += memory_id.view();
    return context;
}

std::string passage_context(const PassagePlace& place) {
    std::string context = "somabrain/passage/v1";
    context.push_back('\0');
    context += place.tenant.view();
    context += place.memory_id.view();
    append_u32be(context, place.number);
    append_u32be(context, place.generation);
    return context;
}

std::uint32_t read_u32be(std::string_view bytes) {
    return static_cast<std::uint32_t>(read_u64be(std::string(4, '\0') + std::string(bytes)));
}

std::string member(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value == nullptr ? std::string() : std::string(value->as_string());
}

}  // namespace

std::string seal_content(std::string_view data_key, const Uuid& tenant, const Uuid& memory_id,
                         const MemoryContent& content) {
    json::object object;
    const auto put = [&object](std::string_view name, const std::string& value) {
        if (!value.empty()) {
            object[name] = value;
        }
    };
    put("text", content.text);
    put("subject", content.subject);
    put("speaker", content.speaker);
    put("session_id", content.session_id);
    put("key", content.key);
    put("metadata", content.metadata);
    if (!content.tags.empty()) {
        object["tags"] = json::array(content.tags.begin(), content.tags.end());
    }
    return seal(data_key, content_context(tenant, memory_id),
                kContentVersion + json::serialize(object));
}

std::optional<MemoryContent> open_content(std::string_view data_key, const Uuid& tenant,
                                          const Uuid& memory_id, std::string_view sealed) {
    const auto plain = open_sealed(data_key, content_context(tenant, memory_id), sealed);
    if (!plain || plain->empty() || plain->front() != kContentVersion) {
        return std::nullopt;
    }
    const json::value value = json::parse(std::string_view(*plain).substr(1));
    const json::object& object = value.as_object();
    MemoryContent content{.text = member(object, "text"),
                          .subject = member(object, "subject"),
                          .speaker = member(object, "speaker"),
                          .session_id = member(object, "session_id"),
                          .key = member(object, "key"),
                          .tags = {},
                          .metadata = member(object, "metadata")};
    if (const auto* tags = object.if_contains("tags")) {
        for (const auto& tag : tags->as_array()) {
            content.tags.emplace_back(tag.as_string());
        }
    }
    return content;
}

std::string seal_passage(std::string_view data_key, const PassagePlace& place,
                         const Passage& passage) {
    std::string plain;
    append_u32be(plain, passage.begin);
    append_u32be(plain, passage.end);
    plain.resize(kPassageHeaderBytes + passage.vector.values.size());
    std::memcpy(plain.data() + 8, &passage.vector.scale, sizeof(float));
    std::memcpy(plain.data() + kPassageHeaderBytes, passage.vector.values.data(),
                passage.vector.values.size());
    return seal(data_key, passage_context(place), plain);
}

std::optional<Passage> open_passage(std::string_view data_key, const PassagePlace& place,
                                    std::string_view sealed) {
    const auto plain = open_sealed(data_key, passage_context(place), sealed);
    if (!plain || plain->size() < kPassageHeaderBytes) {
        return std::nullopt;
    }
    const std::string_view bytes(*plain);
    Passage passage{read_u32be(bytes.substr(0, 4)), read_u32be(bytes.substr(4, 4)), {}};
    std::memcpy(&passage.vector.scale, bytes.data() + 8, sizeof(float));
    const auto values = bytes.substr(kPassageHeaderBytes);
    passage.vector.values.assign(values.begin(), values.end());
    return passage;
}

}  // namespace soma::domain
