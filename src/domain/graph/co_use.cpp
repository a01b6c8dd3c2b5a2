#include "domain/graph/co_use.h"

#include <algorithm>

namespace soma::domain {

std::vector<LinkKey> co_use_keys(const CoUse& use) {
    std::vector<LinkKey> keys;
    const std::size_t count = std::min(use.credited.size(), kMostCoUsed);
    for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t j = i + 1; j < count; ++j) {
            const auto [low, high] = std::minmax(use.credited[i], use.credited[j]);
            keys.push_back({low, high, std::string(kCoUsed)});
        }
    }
    return keys;
}

std::vector<Link> strengthen(const CoUse& use, Time now, std::map<LinkKey, Link>& links,
                             std::map<Uuid, LinkEnd>& ends) {
    const auto end_of = [&](const Uuid& memory) -> LinkEnd* {
        const auto found = ends.find(memory);
        const bool is_there =
            found != ends.end() && !(found->second.expires_at && *found->second.expires_at <= now);
        return is_there ? &found->second : nullptr;
    };
    std::vector<Link> out;
    for (const LinkKey& key : co_use_keys(use)) {
        LinkEnd* const from = end_of(key.from);
        LinkEnd* const to = end_of(key.to);
        if (from == nullptr || to == nullptr) {
            continue;
        }
        const auto before = links.find(key);
        const bool is_new = before == links.end();
        if (is_new && std::max(from->co_used, to->co_used) >= kMaxCoUsedLinks) {
            continue;
        }
        Link link = co_used_link(key, is_new ? std::nullopt : std::optional(before->second),
                                 use.reward, now);
        if (!(link.weight > 0)) {
            continue;  // A reward so small that it adds nothing to nothing.
        }
        if (is_new) {
            ++from->co_used;
            ++to->co_used;
        }
        links[key] = link;
        out.push_back(std::move(link));
    }
    return out;
}

}  // namespace soma::domain
