#include "services/audit/audit.h"

#include <optional>
#include <set>

#include "base/encoding.h"
#include "domain/ledger/event.h"
#include "domain/ledger/merkle/checkpoint.h"
#include "domain/ledger/merkle/proof.h"
#include "services/ledger/checkpointer.h"
#include "support/law/lawgivers.h"
#include "support/postgres/intents.h"

namespace soma::services {
namespace {

using namespace somabrain::v1;
using test::expect_error;
using test::IntentBuilder;
using test::Lawgivers;
using test::LivingCore;

/// What an event is to be told by.
struct Told {
    std::string action = "recall";
    std::string actor = "tester";
    std::string telemetry_ref = {};
    std::size_t padding = 0;
};

class AuditTest : public ::testing::Test {
  protected:
    void write(const backends::TenantRow& of, int count, Time now, const Told& told = {}) {
        std::vector<std::future<domain::Outcome>> outcomes;
        for (int i = 0; i < count; ++i) {
            auto intent = IntentBuilder(of.streams(), now).access().build();
            auto& event = intent.access->event;
            event.action = told.action;
            event.actor = told.actor;
            event.telemetry_ref = told.telemetry_ref;
            if (told.padding > 0) {
                event.details["padding"] = std::string(told.padding, 'x');
            }
            outcomes.push_back(core->committer.submit(std::move(intent)));
        }
        for (auto& each : outcomes) each.get();
    }
    void write(int count, Time now = wall_clock_now()) { write(tenant, count, now); }

    ListAuditEventsResponse list(const ListAuditEventsRequest& asked) {
        return list(tenant, asked);
    }
    ListAuditEventsResponse list(const backends::TenantRow& of,
                                 const ListAuditEventsRequest& asked) {
        const auto context = LivingCore::request("Audit.ListAuditEvents");
        return audit->events(context, LivingCore::admitted(of, context), asked);
    }
    /// Ids page after page, without what asking itself wrote.
    std::vector<std::string> every(ListAuditEventsRequest asked) {
        std::vector<std::string> ids;
        for (;;) {
            const auto page = list(asked);
            for (const auto& event : page.events()) {
                if (!event.action().starts_with("audit.")) ids.push_back(event.id());
            }
            if (!page.has_next() || ids.size() > 1000) return ids;
            asked.set_cursor(page.next());
        }
    }
    ProveAuditEventResponse prove(const backends::TenantRow& of, const std::string& id) {
        ProveAuditEventRequest asked;
        asked.set_id(id);
        const auto context = LivingCore::request("Audit.ProveAuditEvent");
        return audit->prove(context, LivingCore::admitted(of, context), asked);
    }
    ListCheckpointsResponse checkpoints(const ListCheckpointsRequest& asked) {
        const auto context = LivingCore::request("Audit.ListCheckpoints");
        return audit->checkpoints(context, LivingCore::admitted(tenant, context), asked);
    }
    /// Signs what is there, as the service's own thread does.
    void sign() {
        CheckpointerSettings settings{.origin = "test.local/ledger"};
        settings.sign_after = std::chrono::milliseconds(0);
        Checkpointer signer(settings, core->world.cluster.app(), vault, archive, nobody);
        const Deadline patience = LivingCore::soon();
        do {
            signer.round(LivingCore::soon());
        } while (!signer.health().leading && !patience.passed());
        ASSERT_EQ(signer.health().trouble, "");
        ASSERT_EQ(signer.health().owed_leaves, 0U);
    }
    void as_superuser(const std::string& sql) {
        const auto connection =
            backends::Connection::open(core->world.cluster.superuser(), LivingCore::soon());
        connection->run_script(sql, LivingCore::soon());
    }
    std::string newest() {
        ListAuditEventsRequest asked;
        asked.set_limit(1);
        return list(asked).events(0).id();
    }
    /// Checks a proof as a stranger would, but for the signature.
    static void expect_proven(const ProveAuditEventResponse& proof) {
        const auto entry = from_base64(proof.entry()).value();
        EXPECT_EQ(proof.leaf(), to_hex(domain::leaf_hash(entry)));
        EXPECT_NE(entry.find(proof.id()), std::string::npos);
        std::vector<std::string> hashes;
        for (const auto& each : proof.hashes()) hashes.push_back(from_hex(each).value());
        const auto checkpoint =
            domain::parse_checkpoint(domain::parse_note(proof.checkpoint()).text);
        EXPECT_EQ(checkpoint.size, proof.tree_size());
        EXPECT_TRUE(checkpoint.origin.ends_with("/" + proof.log_id()));
        EXPECT_TRUE(domain::verify_inclusion(domain::leaf_hash(entry), proof.leaf_index(),
                                             proof.tree_size(), hashes, checkpoint.root));
    }

    std::optional<LivingCore> core{std::in_place};
    backends::TenantRow tenant = core->own_vectors(2);
    backends::AuditLog log{core->world.app};
    std::optional<Audit> audit{std::in_place, log, core->writer};
    backends::Vault vault{Lawgivers::bao().login("vault")};
    backends::ObjectStore objects{Lawgivers::new_bucket()};
    TileArchive archive{objects, std::chrono::days(1)};
    Witnessing nobody{{}, core->world.cluster.app()};
};

TEST_F(AuditTest, PagesShowEachEventOnceInBothOrders) {
    // All at one time: no clock tells them apart.
    write(25);
    ListAuditEventsRequest asked;
    const auto newest_first = every(asked);
    EXPECT_EQ(newest_first.size(), 25U);
    for (const int limit : {1, 4, 25}) {
        asked.set_limit(limit);
        asked.set_order("newest_first");
        EXPECT_EQ(every(asked), newest_first) << limit;
        asked.set_order("oldest_first");
        asked.set_action("recall");
        EXPECT_EQ(every(asked), std::vector(newest_first.rbegin(), newest_first.rend())) << limit;
        asked.clear_action();
    }
    asked.set_limit(3);
    const auto page = list(asked);
    EXPECT_EQ(page.next(), page.events(2).id());
    EXPECT_LT(page.events(0).log_index(), page.events(1).log_index()) << "oldest first";
}

TEST_F(AuditTest, EventsThatComeLateStandWhereTheyWereWritten) {
    const Time now = wall_clock_now();
    write(2, now);
    const std::string seen = newest();
    write(1, now - std::chrono::hours(5));
    ListAuditEventsRequest asked;
    asked.set_order("oldest_first");
    asked.set_cursor(seen);
    EXPECT_EQ(every(asked).size(), 1U) << "whoever follows the list misses none";
}

TEST_F(AuditTest, FiltersShowWhatTheySay) {
    const Time now = wall_clock_now();
    const auto hour = [now](int n) { return now - std::chrono::hours(n); };
    write(tenant, 3, hour(3), {"recall", "ada", "run 1"});
    write(tenant, 4, hour(2), {"recall", "bo", "run 2"});
    write(tenant, 5, hour(1), {"brain.evaluate", "ada", ""});
    const auto count = [this](auto change) {
        ListAuditEventsRequest asked;
        change(asked);
        return every(asked).size();
    };
    EXPECT_EQ(count([](auto& a) { a.set_action("recall"); }), 7U);
    EXPECT_EQ(count([](auto& a) { a.set_actor("ada"); }), 8U);
    EXPECT_EQ(count([](auto& a) { a.set_telemetry_ref("run 2"); }), 4U);
    EXPECT_EQ(count([](auto& a) { a.set_stream("state"); }), 0U);
    EXPECT_EQ(count([](auto& a) { a.set_stream("access"); }), 12U);
    EXPECT_EQ(count([&](auto& a) { a.set_from(format_rfc3339(hour(2))); }), 9U) << "inclusive";
    EXPECT_EQ(count([&](auto& a) { a.set_to(format_rfc3339(hour(2))); }), 3U) << "exclusive";
    EXPECT_EQ(count([&](auto& a) {
                  a.set_actor("ada");
                  a.set_action("recall");
                  a.set_from(format_rfc3339(hour(4)));
                  a.set_to(format_rfc3339(now));
              }),
              3U);
    ListAuditEventsRequest asked;
    asked.set_from(format_rfc3339(now));
    asked.set_to(format_rfc3339(now));
    expect_error(ErrorKind::invalid_argument, "/to", [&] { list(asked); });
}

TEST_F(AuditTest, APageEndsAtAMebibyte) {
    write(tenant, 40, wall_clock_now(), {.padding = 60'000});
    ListAuditEventsRequest asked;
    asked.set_action("recall");
    const auto page = list(asked);
    std::size_t bytes = 0;
    for (const auto& event : page.events()) bytes += event.body().size();
    EXPECT_LE(bytes, std::size_t{1} << 20);
    EXPECT_GT(page.events_size(), 10);
    EXPECT_EQ(every(asked).size(), 40U);
}

TEST_F(AuditTest, ATenantSeesItsOwnEventsAlone) {
    const auto other = core->own_vectors(2);
    write(3);
    write(other, 2, wall_clock_now());
    const std::string mine = newest();
    ListAuditEventsRequest asked;
    const auto theirs = list(other, asked);
    EXPECT_EQ(theirs.events_size(), 2);
    for (const auto& event : theirs.events()) {
        EXPECT_NE(event.body().find(other.id.to_string()), std::string::npos);
    }
    EXPECT_EQ(list(other, asked).events_size(), 3) << "two, and the asking";
    asked.set_cursor(mine);
    expect_error(ErrorKind::invalid_argument, "/cursor", [&] { list(other, asked); });
    sign();
    expect_proven(prove(tenant, mine));
    expect_error(ErrorKind::not_found, "/id", [&] { prove(other, mine); });
    expect_error(ErrorKind::not_found, "/id",
                 [&] { prove(tenant, IntentBuilder::new_id().to_string()); });
}

TEST_F(AuditTest, EveryEventIsProvenUnderTheNewestCheckpoint) {
    write(300);
    sign();
    const auto ids = every({});
    const auto size = prove(tenant, ids.front()).tree_size();
    write(300);
    sign();
    std::set<std::uint64_t> leaves;
    for (std::size_t i = 0; i < ids.size(); i += 23) {
        const auto proof = prove(tenant, ids[i]);
        expect_proven(proof);
        EXPECT_GE(proof.tree_size(), size + 300);
        EXPECT_TRUE(leaves.insert(proof.leaf_index()).second);
    }
    const auto event = core->events(tenant.id).back();
    EXPECT_EQ(event.at("action"), "audit.proof");
    EXPECT_EQ(event.at("answer_digest").as_string().size(), 64U);
}

TEST_F(AuditTest, WhatNoCheckpointCoversYetIsNotProvenYet) {
    write(1);
    sign();
    write(1);
    const std::string id = newest();
    const auto error = test::error_of([&] { prove(tenant, id); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind(), ErrorKind::unavailable);
    EXPECT_EQ(error->retry_after_seconds(), 1);
    sign();
    expect_proven(prove(tenant, id));
}

TEST_F(AuditTest, AStoreThatContradictsItsCheckpointProvesNothing) {
    write(3);
    sign();
    const auto ids = every({});
    const std::string change = "UPDATE events SET leaf = sha256(leaf) WHERE id = '" + ids[1] + "'";
    const std::string undo =
        "UPDATE events SET leaf = sha256('\\x00' || body) WHERE id = '" + ids[1] + "'";
    as_superuser(change);
    expect_error(ErrorKind::internal, "", [&] { prove(tenant, ids[0]); });
    as_superuser(undo);
    as_superuser("UPDATE events SET body = body || ' ' WHERE id = '" + ids[1] + "'");
    expect_error(ErrorKind::internal, "", [&] { prove(tenant, ids[1]); });
    as_superuser("UPDATE events SET body = substr(body, 1, length(body) - 1) WHERE id = '" +
                 ids[1] + "'");
    expect_proven(prove(tenant, ids[1]));
}

TEST_F(AuditTest, CheckpointsAreListedNewestFirst) {
    for (int i = 0; i < 3; ++i) {
        write(1);
        sign();
    }
    ListCheckpointsRequest asked;
    const auto all = checkpoints(asked);
    ASSERT_GE(all.checkpoints_size(), 3);
    std::vector<std::string> notes;
    asked.set_limit(1);
    for (int i = 0; i < 3; ++i) {
        const auto page = checkpoints(asked);
        ASSERT_EQ(page.checkpoints_size(), 1);
        const auto& one = page.checkpoints(0);
        const auto told = domain::parse_checkpoint(domain::parse_note(one.note()).text);
        EXPECT_EQ(one.size(), told.size);
        EXPECT_EQ(one.root(), to_hex(told.root));
        EXPECT_EQ(one.note(), all.checkpoints(i).note());
        asked.set_cursor(page.next());
    }
    EXPECT_GT(all.checkpoints(0).size(), all.checkpoints(1).size());
    EXPECT_TRUE(parse_rfc3339(all.checkpoints(0).signed_at()));
    for (const std::string& bad :
         {std::string("7"), Uuid{}.to_string() + "/7", tenant.id.to_string() + "/1"}) {
        asked.set_cursor(bad);
        expect_error(ErrorKind::invalid_argument, "/cursor", [&] { checkpoints(asked); });
    }
}

TEST_F(AuditTest, EventsOfALogBeforeARestoreAreStillProven) {
    write(300);
    sign();
    const std::string before = newest();
    // The asking was recorded after the last checkpoint of its log: none will ever cover it.
    const std::string uncovered = newest();
    const std::string former = prove(tenant, before).log_id();
    // What a restore does to the log.
    as_superuser(
        "UPDATE log SET log_id = gen_random_uuid(), first_index = next, size = next"
        " FROM (SELECT (size / 65536 + 1) * 65536 AS next FROM log) n;"
        "SELECT events_keep_ahead(65536)");
    audit.reset();
    core.emplace();  // a service that ran through a restore refuses to go on
    audit.emplace(log, core->writer);
    write(20);
    const std::string after = newest();
    sign();
    const auto old = prove(tenant, before);
    EXPECT_EQ(old.log_id(), former);
    expect_proven(old);
    const auto present = prove(tenant, after);
    EXPECT_NE(present.log_id(), former);
    EXPECT_LT(present.leaf_index(), 40U);
    expect_proven(present);
    EXPECT_NE(uncovered, before);
    expect_error(ErrorKind::conflict, "/id", [&] { prove(tenant, uncovered); });

    // The list goes on from the present log's first checkpoint to the former's last.
    ListCheckpointsRequest asked;
    asked.set_limit(1);
    std::vector<std::string> logs;
    for (int i = 0; i < 4; ++i) {
        const auto page = checkpoints(asked);
        logs.push_back(page.checkpoints(0).log_id());
        if (logs.back() == former) break;
        asked.set_cursor(page.next());
    }
    EXPECT_EQ(logs.front(), present.log_id());
    EXPECT_EQ(logs.back(), former);
}

}  // namespace
}  // namespace soma::services
