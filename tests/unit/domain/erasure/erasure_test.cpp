#include "domain/erasure/erasure.h"

#include <gtest/gtest.h>

#include "base/crypto.h"

namespace soma::domain {
namespace {

TEST(Erasure, StatesHaveTheNamesOfTheTable) {
    for (const auto& [state, name] :
         {std::pair{ErasureState::rows_owed, "rows_owed"},
          std::pair{ErasureState::keys_owed, "keys_owed"}, std::pair{ErasureState::done, "done"}}) {
        EXPECT_EQ(to_string(state), name);
        EXPECT_EQ(parse_erasure_state(name), state);
    }
    for (const char* name : {"", "Done", "done ", "owed"}) {
        EXPECT_EQ(parse_erasure_state(name), std::nullopt) << name;
    }
}

// Another id for the same key would let writes under an erased key through.
TEST(Erasure, AKeysIdIsPartOfItsLabelledHash) {
    const std::string key(32, 'k');
    EXPECT_EQ(key_id(key), sha256(std::string("somabrain/key-id\0", 17) + key).substr(0, 16));
    EXPECT_NE(key_id(key), sha256(key).substr(0, 16));
    EXPECT_NE(key_id(key), key_id(std::string(31, 'k') + "l"));
}

}  // namespace
}  // namespace soma::domain
