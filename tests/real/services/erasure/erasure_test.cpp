#include "services/erasure/erasure.h"

#include <boost/json/serialize.hpp>
#include <thread>

#include "base/encoding.h"
#include "domain/erasure/receipt.h"
#include "domain/memory/sealing.h"
#include "support/living_core.h"
#include "support/postgres/intents.h"
#include "support/postgres/ledger_check.h"

namespace soma::services {
namespace {

using domain::ErasureState;
using test::LivingCore;

constexpr const char* kTables[] = {"memories",    "embeddings",      "links",
                                   "evaluations", "feedback_events", "token_usage"};

class ErasureTest : public ::testing::Test {
  protected:
    somabrain::v1::RememberResponse remember(const std::string& subject, const std::string& text,
                                             const std::string& session = "talk") {
        somabrain::v1::RememberRequest item;
        item.set_text(text);
        item.set_subject(subject);
        item.set_session_id(session);
        item.add_embedding(1);
        return core.remember(tenant, item);
    }
    somabrain::v1::EvaluateResponse evaluate(const std::string& subject) {
        somabrain::v1::EvaluateRequest asked;
        asked.set_query("what of " + subject + "?");
        asked.set_subject(subject);
        asked.set_session_id("talk");
        asked.add_embedding(1);
        return core.evaluate(tenant, asked);
    }
    std::string hmac(const std::string& subject) {
        return core.keyring.subject_hmac(tenant.id, subject, LivingCore::soon());
    }
    std::shared_ptr<const SubjectKey> key(const std::string& subject) {
        return core.keyring.subject(tenant.id, subject, Keyring::IfAbsent::nothing,
                                    LivingCore::soon());
    }
    std::int64_t rows(const std::string& table) {
        return test::count_rows(core.world.cluster.superuser(), table, tenant.id);
    }
    std::set<std::string> recalled() {
        somabrain::v1::RecallRequest asked;
        asked.add_embedding(1);
        std::set<std::string> texts;
        const auto answer = core.recall(tenant, asked);
        for (const auto& hit : answer.results()) {
            texts.insert(hit.text());
        }
        return texts;
    }
    /// Begins an erasure and takes no further step: as after a crash.
    Uuid begin(const std::string& subject) {
        const Uuid id = core.ids.next(wall_clock_now());
        test::IntentBuilder builder(tenant.streams());
        builder.erase(id, "", key(subject)->key_id);
        std::get<domain::EraseSubject>(builder.last_change()).subject_hmac = hmac(subject);
        core.committer.submit(builder.build()).get();
        return id;
    }
    ErasureState state(const Uuid& erasure) {
        return core.erasures.get(tenant.id, erasure, LivingCore::soon()).value().state;
    }
    /// What has begun and outlasts its request is to be repeated, says the 503.
    somabrain::v1::Erasure patiently_erased(const std::string& subject) {
        for (int attempt = 1;; ++attempt) {
            try {
                return core.erase(tenant, subject);
            } catch (const Error& error) {
                if (error.kind() != ErrorKind::unavailable || attempt == 5) {
                    throw;
                }
            }
        }
    }
    ErasureStep step() const { return {.now = wall_clock_now(), .actor = "tester"}; }

    LivingCore core;
    const backends::TenantRow tenant = core.own_vectors(1);
};

TEST_F(ErasureTest, EveryTierForgetsOneSubjectAndNoOther) {
    const auto made = remember("ada", "ada likes tea");
    const auto kept = remember("bob", "bob likes maps");
    somabrain::v1::LinkRequest link;
    link.set_from(made.id());
    link.set_to(kept.id());
    link.set_type("next");
    const auto context = LivingCore::request("Memory.Link");
    core.linking.put(context, LivingCore::admitted(tenant, context), link);
    for (const char* subject : {"ada", "bob"}) {
        somabrain::v1::FeedbackRequest said;
        said.set_evaluation_id(evaluate(subject).evaluation_id());
        said.set_reward(1);
        said.set_response_text("so and so");
        said.set_tokens(7);
        core.add_feedback(tenant, said);
    }
    const std::string key_id = key("ada")->key_id;
    core.queries.embed("a question about ada", LivingCore::soon());
    const auto answer = core.erase(tenant, "ada");

    EXPECT_EQ(answer.state(), "done");
    for (const char* table : kTables) {
        EXPECT_EQ(rows(table), table == std::string("links") ? 0 : 1) << table;
    }
    EXPECT_EQ(recalled(), std::set<std::string>{"bob likes maps"});
    EXPECT_EQ(key("ada"), nullptr);
    test::expect_error(ErrorKind::not_found, "/id", [&] { core.get(tenant, made.id()); });
    EXPECT_EQ(core.get(tenant, kept.id()).text(), "bob likes maps");
    const auto session = core.keyring.tenant(tenant.id, LivingCore::soon())->session_hmac("talk");
    const auto entries =
        core.working_memory.entries(tenant.id, session, wall_clock_now(), LivingCore::soon());
    EXPECT_EQ(entries.size(), 3U) << "bob's turn, query and response";
    EXPECT_EQ(core.queries.stats().entries, 0U);

    const auto receipt = domain::parse_receipt(answer.receipt());
    const auto keys = core.vault.public_keys(domain::kReceiptKey, LivingCore::soon());
    EXPECT_TRUE(is_signed_by(receipt, keys.at(receipt.signature.key_version)));
    const auto stored =
        core.erasures.get(tenant.id, *Uuid::parse(answer.id()), LivingCore::soon()).value();
    EXPECT_EQ(stored.rows, (domain::ErasedRows{1, 1, 1, 1, 1, 1}));
    EXPECT_EQ(stored.key_id, key_id);
    const auto body = boost::json::parse(answer.receipt()).as_object();
    EXPECT_EQ(boost::json::serialize(body.at("tiers").at("postgresql").at("rows")),
              R"({"embeddings":1,"evaluations":1,"feedback_events":1,"links":1,"memories":1,)"
              R"("token_usage":1})");
    // Its event is in the log, where the receipt says.
    const auto events = core.events(tenant.id);
    const auto erase = std::find_if(events.begin(), events.end(), [](const auto& event) {
        return event.at("action") == "subject.erase";
    });
    ASSERT_NE(erase, events.end());
    EXPECT_EQ(std::string(erase->at("details").at("erasure_id").as_string()), answer.id());
    EXPECT_EQ(std::string(body.at("event").at("leaf").as_string()),
              to_hex(domain::leaf_hash(boost::json::serialize(*erase))));
    for (const auto& event : events) {
        EXPECT_EQ(event.at("constitution_version"), 7) << event.at("action");
    }
    EXPECT_EQ(
        std::count_if(erase, events.end(),
                      [](const auto& event) { return event.at("action") == "subject.erased"; }),
        1);
}

TEST_F(ErasureTest, AgainGivesTheSameReceiptAndUsedAgainIsErasedAnew) {
    remember("ada", "one");
    const auto first = core.erase(tenant, "ada");
    EXPECT_EQ(core.erase(tenant, "ada").SerializeAsString(), first.SerializeAsString());
    EXPECT_EQ(core.erasure(tenant, first.id()).SerializeAsString(), first.SerializeAsString());
    remember("ada", "two");
    EXPECT_EQ(recalled(), std::set<std::string>{"two"});
    const auto second = core.erase(tenant, "ada");
    EXPECT_NE(second.id(), first.id());
    EXPECT_TRUE(recalled().empty());
    EXPECT_EQ(core.erase(tenant, "ada").id(), second.id());
    EXPECT_EQ(core.erasure(tenant, first.id()).SerializeAsString(), first.SerializeAsString());
}

TEST_F(ErasureTest, ALateRepetitionErasesNothingNew) {
    remember("ada", "one");
    remember("bob", "bob");
    const auto first = core.erase(tenant, "ada", "once");
    remember("ada", "two");
    EXPECT_EQ(core.erase(tenant, "ada", "once").SerializeAsString(), first.SerializeAsString());
    EXPECT_EQ(recalled(), (std::set<std::string>{"bob", "two"}));
    test::expect_error(ErrorKind::idempotency_reused, "Idempotency-Key",
                       [&] { core.erase(tenant, "bob", "once"); });
    EXPECT_EQ(rows("memories"), 2);
}

TEST_F(ErasureTest, WhoWasNeverSeenIsNotFound) {
    remember("ada", "one");
    test::expect_error(ErrorKind::not_found, "/id", [&] { core.erase(tenant, "nobody"); });
    const backends::TenantRow other = core.own_vectors(1);
    test::expect_error(ErrorKind::not_found, "/id", [&] { core.erase(other, "ada"); });
    const auto done = core.erase(tenant, "ada");
    test::expect_error(ErrorKind::not_found, "/id", [&] { core.erasure(other, done.id()); });
    EXPECT_EQ(key("nobody"), nullptr) << "asking makes no key";
}

TEST_F(ErasureTest, TheTenantItselfHasItsUuidAsName) {
    remember("", "nobody's");
    remember(tenant.id.to_string(), "the tenant's");
    remember("ada", "ada's");
    core.erase(tenant, tenant.id.to_string(), "k");
    EXPECT_EQ(recalled(), std::set<std::string>{"ada's"});
    EXPECT_EQ(core.erase(tenant, tenant.id.to_string(), "k").state(), "done");
    EXPECT_EQ(remember("", "and on it goes").sequence(), 6U);
}

TEST_F(ErasureTest, AWriteUnderAnErasedKeyIsRefusedAndItsRepetitionHasANewOne) {
    const auto made = remember("ada", "one");
    const auto old = key("ada");
    const auto sealed =
        core.memories.get(tenant.id, *Uuid::parse(made.id()), LivingCore::soon())->sealed;
    const Uuid erasure = begin("ada");
    EXPECT_EQ(state(erasure), ErasureState::keys_owed);
    // As long as the key is still to be destroyed, nobody writes under it.
    // The first asks nothing of the store, so that only its transaction can tell.
    test::expect_error(ErrorKind::unavailable, "", [&] { remember("ada", "late", ""); });
    test::expect_error(ErrorKind::unavailable, "", [&] { remember("ada", "late"); });
    test::expect_error(ErrorKind::unavailable, "", [&] { evaluate("ada"); });
    EXPECT_EQ(rows("memories"), 0);
    EXPECT_EQ(rows("evaluations"), 0);
    core.eraser.finish(tenant, erasure, step(), LivingCore::soon());
    remember("ada", "new");
    EXPECT_NE(key("ada")->key_id, old->key_id);
    // The sealed row of before, put back: its new key does not open it.
    const Uuid id = *Uuid::parse(made.id());
    EXPECT_TRUE(domain::open_content(old->data_key, tenant.id, id, sealed).has_value());
    EXPECT_FALSE(domain::open_content(key("ada")->data_key, tenant.id, id, sealed).has_value());
}

TEST_F(ErasureTest, WritersInFlightAreErasedOrHaveANewKey) {
    remember("ada", "one");
    const std::string before = key("ada")->key_id;
    std::atomic<int> stored = 0, refused = 0;
    std::vector<std::thread> writers;
    std::atomic<bool> erased = false;
    for (int t = 0; t < 4; ++t) {
        writers.emplace_back([&] {
            for (int i = 0; i < 1'000 && !(erased && i % 8 == 7); ++i) {
                try {
                    remember("ada", "more");
                    ++stored;
                } catch (const Error& error) {
                    EXPECT_EQ(error.kind(), ErrorKind::unavailable) << error.detail();
                    ++refused;
                }
            }
        });
    }
    while (stored < 20) {
        std::this_thread::yield();
    }
    const auto answer = core.erase(tenant, "ada");
    erased = true;
    for (auto& writer : writers) {
        writer.join();
    }
    // What is left was written after the erasure, under a key that is there.
    const auto now = key("ada");
    std::int64_t left = 0;
    core.memories.scan(
        tenant.streams(), tenant.model_generation, 100, [&] { left = 0; },
        [&](auto page) {
            for (const auto& row : page) {
                ++left;
                EXPECT_GT(row.facts.sequence, 1U);
                ASSERT_TRUE(now);
                EXPECT_TRUE(domain::open_content(now->data_key, tenant.id, row.facts.id, row.sealed)
                                .has_value());
            }
        },
        LivingCore::soon());
    const auto erased_rows =
        core.erasures.get(tenant.id, *Uuid::parse(answer.id()), LivingCore::soon())->rows;
    EXPECT_EQ(static_cast<std::int64_t>(erased_rows.memories) + left, stored + 1);
    if (now) {
        EXPECT_NE(now->key_id, before);
    }
}

TEST_F(ErasureTest, TwoAtOnceAreOne) {
    remember("ada", "one");
    std::vector<std::thread> threads;
    std::mutex mutex;
    std::set<std::string> answers;
    for (int t = 0; t < 6; ++t) {
        threads.emplace_back([&] {
            const auto answer = patiently_erased("ada");
            const std::lock_guard lock(mutex);
            answers.insert(answer.SerializeAsString());
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(answers.size(), 1U);
    EXPECT_EQ(rows("erasures"), 1);
}

TEST_F(ErasureTest, EveryStepIsTakenUpWhereItWasLeft) {
    remember("ada", "one");
    const Uuid first = begin("ada");
    core.keyring.destroy_subject(tenant.id, hmac("ada"), key("ada")->key_id, LivingCore::soon());
    core.eraser.finish_owed(wall_clock_now(), LivingCore::soon());
    EXPECT_EQ(state(first), ErasureState::done);
    // The subject is used again; a step of the old erasure that comes late leaves its key alone.
    remember("ada", "two");
    core.keyring.destroy_subject(tenant.id, hmac("ada"),
                                 core.erasures.get(tenant.id, first, LivingCore::soon())->key_id,
                                 LivingCore::soon());
    EXPECT_EQ(recalled(), std::set<std::string>{"two"});
    ASSERT_NE(key("ada"), nullptr);
}

TEST_F(ErasureTest, MoreThanATransactionDeletesGoesInSeveral) {
    remember("ada", "first");
    const std::size_t more = 2 * domain::kErasedAtOnce + 5;
    for (std::size_t at = 0; at < more; at += 500) {
        test::IntentBuilder builder(tenant.streams());
        for (std::size_t i = at; i < std::min(more, at + 500); ++i) {
            builder.insert(core.ids.next(wall_clock_now()));
            builder.last_insert().row.subject_hmac = hmac("ada");
        }
        core.committer.submit(builder.build()).get();
    }
    const Uuid erasure = begin("ada");
    EXPECT_EQ(state(erasure), ErasureState::rows_owed);
    EXPECT_EQ(rows("memories"), static_cast<std::int64_t>(more + 1 - domain::kErasedAtOnce));
    ASSERT_NE(key("ada"), nullptr) << "rows are left that need it";
    const auto done = core.eraser.finish(tenant, erasure, step(), LivingCore::soon());
    EXPECT_EQ(done.rows.memories, more + 1);
    EXPECT_EQ(rows("memories"), 0);
    EXPECT_EQ(rows("embeddings"), 0);
    EXPECT_EQ(key("ada"), nullptr);
}

TEST_F(ErasureTest, AnotherProcessFollows) {
    remember("ada", "ada's");
    remember("bob", "bob's");
    EXPECT_EQ(recalled().size(), 2U);
    LivingCore other;
    somabrain::v1::RecallRequest asked;
    asked.add_embedding(1);
    EXPECT_EQ(other.recall(tenant, asked).results_size(), 2);
    other.eraser.follow(LivingCore::soon());
    core.erase(tenant, "ada");
    EXPECT_EQ(other.recall(tenant, asked).results_size(), 2) << "it has not heard of it yet";
    other.eraser.follow(LivingCore::soon());
    EXPECT_EQ(other.recall(tenant, asked).results_size(), 1);
    EXPECT_EQ(other.keyring.subject_by_hmac(tenant.id, hmac("ada"), LivingCore::soon()), nullptr);
    // Its own index has seen the change: nothing is loaded a second time.
    const auto loads = core.index.figures().loads;
    core.eraser.follow(LivingCore::soon());
    EXPECT_EQ(recalled(), std::set<std::string>{"bob's"});
    EXPECT_EQ(core.index.figures().loads, loads);
}

TEST_F(ErasureTest, AProcessWithAnOldKeyIsRefusedOnceAndThenWritesUnderTheNewOne) {
    remember("ada", "one");
    LivingCore other;
    somabrain::v1::RememberRequest item;
    item.set_text("by the other");
    item.set_subject("ada");
    item.add_embedding(1);
    other.remember(tenant, item);
    core.erase(tenant, "ada");
    test::expect_error(ErrorKind::unavailable, "", [&] { other.remember(tenant, item); });
    EXPECT_EQ(rows("memories"), 0);
    other.remember(tenant, item);
    EXPECT_EQ(rows("memories"), 1);
}

TEST_F(ErasureTest, AKeyThatASnapshotBroughtBackIsDestroyedAgain) {
    remember("ada", "one");
    const std::string path = "subjects/" + tenant.id.to_string() + "/" + to_hex(hmac("ada"));
    const auto snapshot = core.vault.get(path, LivingCore::soon()).value();
    const auto first = core.erase(tenant, "ada");
    EXPECT_FALSE(core.vault.get(path, LivingCore::soon()).has_value());
    ASSERT_TRUE(core.vault.put_if(path, snapshot.data, 0, LivingCore::soon()));
    // Nothing is written under it,
    test::expect_error(ErrorKind::unavailable, "", [&] { remember("ada", "late"); });
    // and asking again mends it.
    EXPECT_EQ(core.erase(tenant, "ada").SerializeAsString(), first.SerializeAsString());
    EXPECT_FALSE(core.vault.get(path, LivingCore::soon()).has_value());
    remember("ada", "new");
}

TEST_F(ErasureTest, NothingChangesWhenTheCommitterIsGone) {
    remember("ada", "one");
    core.committer.stop();
    test::expect_error(ErrorKind::unavailable, "", [&] { core.erase(tenant, "ada"); });
    EXPECT_EQ(rows("erasures"), 0);
    EXPECT_EQ(rows("memories"), 1);
    EXPECT_NE(key("ada"), nullptr);
}

}  // namespace
}  // namespace soma::services
