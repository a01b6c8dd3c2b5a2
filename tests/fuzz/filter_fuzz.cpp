// links: soma_domain
// A filter's JSON comes from a stranger: any bytes are refused with a pointer or mean what the
// naive model says they mean, of each of a few memories.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "../unit/domain/filter/naive_filter.h"
#include "base/canonical_json.h"
#include "base/error.h"
#include "base/json/strict_json.h"
#include "domain/filter/parse.h"
#include "domain/retrieval/filtering.h"

namespace {

using namespace soma;

std::vector<domain::Memory> some_memories() {
    std::vector<domain::Memory> memories(4);
    for (std::size_t i = 0; i < memories.size(); ++i) {
        domain::Memory& memory = memories[i];
        memory.facts.id.bytes[15] = static_cast<std::uint8_t>(i);
        memory.facts.sequence = i + 1;
        memory.facts.created_at = Time(std::chrono::hours(i));
        memory.passages.push_back({0, 0, {1, {1}}});
    }
    memories[1].facts.kind = "fact";
    memories[1].facts.turn = 3;
    memories[1].facts.importance = 0.5;
    memories[1].content.tags = {"a", "ab"};
    memories[1].content.metadata = R"({"a":1,"b":{"c":"x","d":[1,"y",true]}})";
    memories[2].facts.occurred_at = memories[2].facts.valid_from = Time(std::chrono::hours(2));
    memories[2].facts.valid_to = Time(std::chrono::hours(9));
    memories[2].content = {"", "s", "Ada", "s1", "k", {"a"}, R"({"a":"1","b.c":2,"n":null})"};
    memories[3].content.metadata = R"({"a":[],"b":{}})";
    return memories;
}

struct World {
    World() : memories(some_memories()) {
        for (const auto& memory : memories) {
            corpus.add(memory);
        }
    }
    std::vector<domain::Memory> memories;
    domain::Corpus corpus;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const World world;
    const auto value = parse_strict_json({reinterpret_cast<const char*>(data), size});
    if (!value) {
        return 0;
    }
    const domain::TimeScope time{.now = {}};
    try {
        const auto filter = domain::parse_filter(to_canonical_json(*value), "/filter");
        const auto rows = domain::rows_passing(world.corpus, filter, time);
        const domain::testing::NaiveFilter naive(*value, time);
        for (std::uint32_t row = 0; row < world.memories.size(); ++row) {
            SOMA_ASSERT(rows.test(row) == naive(world.memories[world.corpus.row(row).slot]),
                        "a filter means what the naive model says");
        }
    } catch (const Error& error) {
        SOMA_ASSERT(error.kind() == ErrorKind::invalid_argument, "the caller is to blame");
        SOMA_ASSERT(error.field().starts_with("/filter"), "a pointer into the filter");
    }
    return 0;
}
