#include "domain/retrieval/store/name_table.h"

#include <gtest/gtest.h>

namespace soma::domain {
namespace {

TEST(NameTable, CountsUsesAndGivesNumbersAgain) {
    NameTable names;
    const auto anna = names.use("Anna");
    EXPECT_EQ(names.use("Anna"), anna);
    EXPECT_EQ(names.use(""), nothing);
    names.release(nothing);
    names.release(anna);
    EXPECT_EQ(names.find("Anna"), anna);
    names.release(anna);
    EXPECT_EQ(names.find("Anna"), nothing);
    EXPECT_EQ(names.bytes(), 0U);
    EXPECT_EQ(names.use("Bo"), anna);
    EXPECT_EQ(names.name(anna), "Bo");
}

TEST(NameTable, FindsWholeWordsSameCase) {
    NameTable names;
    const auto ann = names.use("Ann");
    const auto mary_ann = names.use("Mary Ann");
    const auto accented = names.use("Éva");
    using Numbers = std::vector<std::uint32_t>;
    EXPECT_EQ(names.occurring_in("Did Ann's dog bark?"), Numbers{ann});
    EXPECT_EQ(names.occurring_in("Mary Ann and Éva"), (Numbers{ann, mary_ann, accented}));
    EXPECT_EQ(names.occurring_in("Annabel ann JoAnn Évariste"), Numbers{});
    EXPECT_EQ(names.occurring_in(""), Numbers{});
    EXPECT_EQ(names.occurring_in("Ann"), Numbers{ann});
}

}  // namespace
}  // namespace soma::domain
