#pragma once
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "backends/embedder/local_embedder.h"
#include "backends/embedder/query_cache.h"
#include "backends/index/index.h"
#include "backends/postgres/learning/learning_weights.h"
#include "backends/postgres/memory/memories.h"
#include "backends/postgres/memory/sessions.h"
#include "ledger/figures.h"
#include "ledger/stores.h"
#include "services/gate/gate.h"
#include "services/recall/find.h"
#include "services/recall/recall.h"
#include "services/remember/prepare.h"
#include "services/search/load.h"
#include "services/tenant/create.h"
#include "support/law/enforced_law.h"

namespace soma::bench {

/// Lines of the repository's own prose: real text for a real model.
inline std::vector<std::string> prose(std::size_t most) {
    std::vector<std::string> out;
    std::vector<std::filesystem::path> files;
    for (const char* folder : {"/docs", "/src"}) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(
                 std::string(SOMABRAIN_SOURCE_DIR) + folder)) {
            if (entry.path().extension() == ".md") {
                files.push_back(entry.path());
            }
        }
    }
    std::sort(files.begin(), files.end());
    for (const auto& file : files) {
        std::ifstream in(file);
        for (std::string line; std::getline(in, line) && out.size() < most;) {
            const bool ascii = std::all_of(line.begin(), line.end(), [](char c) { return c > 0; });
            if (line.size() >= 60 && ascii) {
                out.push_back(line);
            }
        }
    }
    return out;
}

/// recall of the service's own classes over a tenant of real texts, in this process: with its
/// event, and services::find_answer alone, which is what Recall::recall calls before it records:
/// digests, body, leaf, queue, transaction and the wait for its COMMIT. No setting of the product
/// leaves the event out, nor does any method of Recall.
class LedgerCost {
  public:
    LedgerCost(Stores& stores, const std::string& model_folder)
        : stores_(stores), embedder_({.directory = model_folder, .threads = 1}) {
        committer_.on_committed([this](const auto& change) { index_.apply(change); });
        committer_.start();
        const Uuid id = stores.ids.next(wall_clock_now());
        backends::Tenants owned(stores.owner);
        tenant_ = services::create_tenant(
            owned, keyring_, id, "cost",
            {std::string(embedder_.model()), static_cast<int>(embedder_.dimension())},
            wall_clock_now(), Stores::soon());
        law_ = testing::enforced({testing::allow_all_json()});
        texts_ = prose(kMemories);
        remember();
    }

    /// In turns, `rounds` each, `recalls` a turn, asked by `clients` threads.
    json::object measure(int rounds, int recalls, int clients, bool embedded) {
        turn(recalls, clients, embedded, true);
        turn(recalls, clients, embedded, false);
        std::vector<double> with_p50, without_p50, with_cpu, without_cpu, cpu_ratio, cost_us;
        for (int i = 0; i < rounds; ++i) {
            const Turn with = turn(recalls, clients, embedded, true);
            const Turn without = turn(recalls, clients, embedded, false);
            with_p50.push_back(with.p50_ms);
            without_p50.push_back(without.p50_ms);
            with_cpu.push_back(with.cpu_us);
            without_cpu.push_back(without.cpu_us);
            cpu_ratio.push_back(with.cpu_us / without.cpu_us - 1);
            cost_us.push_back(with.cpu_us - without.cpu_us);
        }
        return {{"clients", clients},
                {"query", embedded ? "a new text" : "a given vector"},
                {"memories", texts_.size()},
                {"rounds", rounds},
                {"with_p50_ms", spread(with_p50)},
                {"without_p50_ms", spread(without_p50)},
                {"with_cpu_us", spread(with_cpu)},
                {"without_cpu_us", spread(without_cpu)},
                {"event_cpu_us", spread(cost_us)},
                {"cpu_share", spread(cpu_ratio)}};
    }

  private:
    static constexpr std::size_t kMemories = 1'000;
    static constexpr std::size_t kBatch = 100;

    struct Turn {
        double p50_ms = 0;
        double cpu_us = 0;  ///< of this process a recall: clients, embedder, committer
    };

    services::RequestContext context() {
        const Time now = wall_clock_now();
        return {.method = "somabrain.v1.Memory.Recall",
                .bearer_token = {},
                .idempotency_key = {},
                .telemetry_ref = "run-7",
                .request_id = "request",
                .trace_id = std::string(32, 'a'),
                .now = now,
                .deadline = Stores::soon()};
    }
    services::Admission admitted(const services::RequestContext& context) const {
        return {{.tenant = tenant_.id,
                 .actor = "bench",
                 .roles = {domain::Role::agent},
                 .expires_at = context.now},
                tenant_,
                services::endpoint_of(context.method),
                law_};
    }
    void remember() {
        for (std::size_t at = 0; at < texts_.size(); at += kBatch) {
            const auto asked = context();
            const auto admission = admitted(asked);
            services::Preparer preparer(keyring_, embedder_, stores_.ids);
            std::vector<somabrain::v1::RememberRequest> items(std::min(kBatch, texts_.size() - at));
            std::vector<const somabrain::v1::RememberRequest*> pointers;
            for (std::size_t i = 0; i < items.size(); ++i) {
                items[i].set_text(texts_[at + i]);
                pointers.push_back(&items[i]);
            }
            domain::Intent intent{
                .tenant = tenant_.streams(), .now = asked.now, .deadline = asked.deadline};
            for (auto& each : preparer.prepare(asked, admission, pointers, "/items")) {
                auto event = draft_event(asked, admission, domain::Stream::state,
                                         stores_.ids.next(asked.now));
                event.status = 201;
                intent.changes.emplace_back(domain::Insert{std::move(each.row), each.plain,
                                                           each.assign_turn, std::move(event)});
            }
            committer_.submit(std::move(intent)).get();
        }
    }

    somabrain::v1::RecallRequest question(int number, bool embedded) {
        somabrain::v1::RecallRequest asked;
        const std::string& text = texts_[static_cast<std::size_t>(number * 7) % texts_.size()];
        if (embedded) {
            // Nobody has asked it before.
            asked.set_query(std::to_string(++asked_) + " " + text.substr(0, 60));
        } else {
            const auto& vector = vectors_[static_cast<std::size_t>(number) % vectors_.size()];
            asked.mutable_embedding()->Add(vector.begin(), vector.end());
        }
        return asked;
    }

    Turn turn(int recalls, int clients, bool embedded, bool with_event) {
        if (vectors_.empty()) {
            for (std::size_t i = 0; i < 64; ++i) {
                vectors_.push_back(embedder_.embed(texts_[i * 3 % texts_.size()], Stores::soon()));
            }
        }
        std::vector<somabrain::v1::RecallRequest> questions;
        for (int i = 0; i < recalls; ++i) {
            questions.push_back(question(i, embedded));
        }
        std::vector<double> times(questions.size());
        const double cpu = cpu_seconds();
        std::vector<std::thread> threads;
        for (int client = 0; client < clients; ++client) {
            threads.emplace_back([&, client] {
                for (auto i = static_cast<std::size_t>(client); i < questions.size();
                     i += static_cast<std::size_t>(clients)) {
                    const auto from = Clock::now();
                    const auto asked = context();
                    const auto admission = admitted(asked);
                    const auto answer =
                        with_event ? reading_.recall(asked, admission, questions[i])
                                   : services::find_answer(
                                         searcher_, weights_.of(admission, asked.deadline).weights,
                                         asked, tenant_, questions[i])
                                         .response;
                    SOMA_ASSERT(answer.results_size() > 0, "something is found");
                    times[i] = seconds_since(from);
                }
            });
        }
        for (auto& each : threads) {
            each.join();
        }
        const double used = cpu_seconds() - cpu;
        return {1e3 * quantile(times, 0.5), 1e6 * used / static_cast<double>(recalls)};
    }

    Stores& stores_;
    backends::LocalEmbedder embedder_;
    backends::ConnectionPool app_{stores_.cluster.app(), 8};
    backends::Tenants tenants_{app_};
    backends::Memories memories_{app_};
    backends::Vault vault_{stores_.bao.login("vault")};
    services::Keyring keyring_{vault_};
    backends::QueryCache queries_{embedder_, 100};
    backends::Index index_{services::TenantLoader(tenants_, memories_, keyring_), {}};
    services::Committer committer_{stores_.cluster.app()};
    telemetry::Parts parts_;
    services::Searcher searcher_{index_, memories_, embedder_, queries_, parts_};
    backends::LearningWeights learning_weights_{app_};
    services::Weights weights_{learning_weights_};
    services::Recall reading_{searcher_,  weights_,    memories_, keyring_,
                              committer_, stores_.ids, parts_};
    std::shared_ptr<const services::EnforcedLaw> law_;
    backends::TenantRow tenant_;
    std::vector<std::string> texts_;
    std::vector<std::vector<float>> vectors_;
    std::uint64_t asked_ = 0;
};

}  // namespace soma::bench
