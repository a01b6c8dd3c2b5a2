#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <map>

#include "domain/importing/format.h"
#include "domain/importing/json_records.h"

namespace soma::domain {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 8> kLinkTypes{
    "related", "causes", "contrasts", "part_of", "depends_on", "motivates", "summary_of", "next"};

struct Relation {
    std::string place;
    std::string from;
    std::string to;
    std::string type;
};

/// The type of the API for a relation of the file's own words.
std::string link_type(std::string type) {
    std::replace(type.begin(), type.end(), ' ', '_');
    const bool is_known = std::find(kLinkTypes.begin(), kLinkTypes.end(), type) != kLinkTypes.end();
    return is_known ? type : "related";
}

/// Entities in their order, and what is said of each.
class GraphReader {
  public:
    explicit GraphReader(std::string_view name) : name_(name) {}

    void read(std::string place, const json::object& record) {
        const auto type = text_member(record, "type");
        if (type == "entity") {
            read_entity(std::move(place), record);
        } else if (type == "relation") {
            read_relation(std::move(place), record);
        } else {
            list_.fail(std::move(place), "/type: must be entity or relation");
        }
    }

    ImportList take() {
        for (const auto& relation : relations_) {
            const auto from = entities_by_name_.find(relation.from);
            if (from != entities_by_name_.end()) {
                entities_[from->second].lines += relation.type + " " + relation.to + "\n";
            }
        }
        for (auto& entity : entities_) {
            add(entity);
        }
        for (auto& relation : relations_) {
            link(relation);
        }
        return std::move(list_);
    }

    ImportList& list() { return list_; }

  private:
    struct Entity {
        std::string place;
        std::string name;
        std::string type;
        std::string lines{};
        std::size_t item = 0;  ///< where its first piece stands in the list, once it is there
    };

    void read_entity(std::string place, const json::object& record) {
        const auto name = text_member(record, "name");
        if (!name) {
            return list_.fail(std::move(place), "/name: must be a text");
        }
        Entity entity{.place = place,
                      .name = std::string(*name),
                      .type = std::string(text_member(record, "entityType").value_or(""))};
        const auto* observations = record.if_contains("observations");
        if (observations != nullptr && !observations->is_array()) {
            return list_.fail(std::move(place), "/observations: must be a list");
        }
        if (observations != nullptr) {
            for (std::size_t i = 0; i < observations->get_array().size(); ++i) {
                const auto& one = observations->get_array()[i];
                if (!one.is_string()) {
                    return list_.fail(std::move(place),
                                      "/observations/" + std::to_string(i) + ": must be a text");
                }
                entity.lines += std::string(one.get_string()) + "\n";
            }
        }
        // Of two entities with one name relations mean the first.
        entities_by_name_.try_emplace(entity.name, entities_.size());
        entities_.push_back(std::move(entity));
    }

    void read_relation(std::string place, const json::object& record) {
        for (const auto* name : {"from", "to", "relationType"}) {
            if (!text_member(record, name)) {
                return list_.fail(std::move(place), "/" + std::string(name) + ": must be a text");
            }
        }
        relations_.push_back({std::move(place), std::string(*text_member(record, "from")),
                              std::string(*text_member(record, "to")),
                              std::string(*text_member(record, "relationType"))});
    }

    void add(Entity& entity) {
        entity.item = list_.items.size();
        const std::string title =
            entity.name + (entity.type.empty() ? "" : " (" + entity.type + ")");
        auto pieces = pieces_of(entity.lines);
        if (pieces.empty()) {
            pieces.emplace_back();
        }
        for (const auto piece : pieces) {
            std::string key = name_ + "#" + entity.name;
            const int seen = ++keys_[key];
            if (seen > 1) {
                key += " (" + std::to_string(seen) + ")";
            }
            json::object request;
            request["text"] = title + (piece.empty() ? "" : "\n") + std::string(piece);
            request["kind"] = "entity";
            request["key"] = key_of(key);
            request["metadata"] = {{"source", name_}, {"entity", entity.name}};
            if (!entity.type.empty()) {
                request["tags"] = json::array{json::string(entity.type)};
            }
            list_.add(entity.place, request);
        }
    }

    void link(Relation& relation) {
        const auto from = entities_by_name_.find(relation.from);
        const auto to = entities_by_name_.find(relation.to);
        if (from == entities_by_name_.end() || to == entities_by_name_.end()) {
            const auto& missing = from == entities_by_name_.end() ? relation.from : relation.to;
            list_.fail(std::move(relation.place),
                       "no entity of the file is named \"" + shortened(missing) + "\"");
        } else if (from == to) {
            list_.skip(std::move(relation.place), "it relates an entity to itself");
        } else {
            list_.links.push_back({std::move(relation.place), entities_[from->second].item,
                                   entities_[to->second].item, link_type(relation.type)});
        }
    }

    std::string name_;
    std::vector<Entity> entities_;
    std::map<std::string, std::size_t> entities_by_name_;
    std::vector<Relation> relations_;
    std::map<std::string, int> keys_;
    ImportList list_;
};

}  // namespace

ImportList parse_mcp(std::string_view name, std::string_view text) {
    GraphReader reader(name);
    each_json_record(name, text, {}, reader.list(),
                     [&reader](std::string place, const json::object& record) {
                         reader.read(std::move(place), record);
                     });
    return reader.take();
}

}  // namespace soma::domain
