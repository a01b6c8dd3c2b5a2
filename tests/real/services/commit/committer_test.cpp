#include "services/commit/committer.h"

#include <gtest/gtest.h>

#include "backends/postgres/memory/memories.h"
#include "support/intents.h"
#include "support/postgres_cluster.h"

namespace soma::services {
namespace {

using test::IntentBuilder;
using test::PostgresWorld;

TEST(Committer, CommitsOneInsert) {
    PostgresWorld& world = PostgresWorld::shared();
    const backends::TenantRow tenant = world.tenant();
    Committer committer(world.cluster.app());
    std::vector<domain::AppliedChange> applied;
    committer.on_committed([&](const domain::AppliedChange& change) { applied.push_back(change); });
    committer.start();
    const Uuid id = IntentBuilder::new_id();
    auto outcome = committer.submit(IntentBuilder(tenant.streams()).insert(id).build()).get();
    const auto* committed = std::get_if<domain::Committed>(&outcome);
    ASSERT_NE(committed, nullptr);
    EXPECT_EQ(committed->changes.at(0).sequence, 1U);
    ASSERT_EQ(applied.size(), 1U);
    backends::Memories memories(world.app);
    const auto row = memories.get(tenant.id, id, Deadline(std::chrono::seconds(5)));
    ASSERT_TRUE(row);
    EXPECT_EQ(row->facts, std::get<domain::Inserted>(applied[0].change).memory->facts);
    EXPECT_EQ(row->sealed, "sealed content");
}

}  // namespace
}  // namespace soma::services
