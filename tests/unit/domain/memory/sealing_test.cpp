#include "domain/memory/sealing.h"

#include <gtest/gtest.h>

#include "base/crypto.h"

namespace soma::domain {
namespace {

const Uuid kTenant = *Uuid::parse("0198c0de-0000-7000-8000-000000000001");
const Uuid kMemory = *Uuid::parse("0198c0de-0000-7000-8000-000000000002");

MemoryContent sample() {
    return {.text = "Caroline moved to Lisbon \xF0\x9F\x8C\x8A",
            .subject = "caroline",
            .speaker = "Caroline",
            .session_id = "s1",
            .key = "home",
            .tags = {"move", "city"},
            .metadata = R"({"a":1})"};
}

TEST(Sealing, ContentComesBackWhole) {
    const std::string key = random_bytes(32);
    const auto sealed = seal_content(key, kTenant, kMemory, sample());
    EXPECT_EQ(sealed.find("Lisbon"), std::string::npos);
    EXPECT_EQ(open_content(key, kTenant, kMemory, sealed), sample());
}

TEST(Sealing, EmptyFieldsComeBackEmpty) {
    const std::string key = random_bytes(32);
    const MemoryContent content{.text = "x",
                                .subject = {},
                                .speaker = {},
                                .session_id = {},
                                .key = {},
                                .tags = {},
                                .metadata = {}};
    EXPECT_EQ(open_content(key, kTenant, kMemory, seal_content(key, kTenant, kMemory, content)),
              content);
}

TEST(Sealing, AnotherKeyPlaceOrBitDoesNotOpen) {
    const std::string key = random_bytes(32);
    auto sealed = seal_content(key, kTenant, kMemory, sample());
    EXPECT_FALSE(open_content(random_bytes(32), kTenant, kMemory, sealed));
    EXPECT_FALSE(open_content(key, kTenant, kTenant, sealed));
    EXPECT_FALSE(open_content(key, kMemory, kMemory, sealed));
    sealed.back() = static_cast<char>(sealed.back() ^ 1);
    EXPECT_FALSE(open_content(key, kTenant, kMemory, sealed));
    EXPECT_FALSE(open_content(key, kTenant, kMemory, "short"));
}

TEST(Sealing, PassageIsBoundToItsGeneration) {
    const std::string key = random_bytes(32);
    const Passage passage{3, 70000, {0.25f, {-127, 0, 5, 127}}};
    const PassagePlace place{kTenant, kMemory, 2, 1};
    const auto sealed = seal_passage(key, place, passage);
    EXPECT_EQ(open_passage(key, place, sealed), passage);
    PassagePlace other = place;
    other.generation = 2;
    EXPECT_FALSE(open_passage(key, other, sealed));
    other = place;
    other.number = 1;
    EXPECT_FALSE(open_passage(key, other, sealed));
}

}  // namespace
}  // namespace soma::domain
