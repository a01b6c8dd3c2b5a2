// What the law costs: `./dev bench constitution`.
//   verify: a 64 KiB version from bytes to a verified chain (parse, RFC 8785, SHA3-512, 5 keys
//   admitted, 3 signatures), everything anew each time; rules: one request asked of 200 rules;
//   gate: what a request pays: the law looked up, then its message judged.
//   fetch: the same version verified by a process that starts, from a PostgreSQL, a Redis Cluster
//   and an OpenBao of its own, and again by the one that runs.
//   Times are of single calls, by percentile, in microseconds: of processor time, of fetch by the
//   wall clock.
#include <algorithm>
#include <boost/json.hpp>
#include <ctime>
#include <functional>
#include <iomanip>
#include <iostream>
#include <memory>
#include <vector>

#include "backends/postgres/constitution/refill.h"
#include "backends/postgres/schema/migrations.h"
#include "base/canonical_json.h"
#include "base/ed25519.h"
#include "base/json/strict_json.h"
#include "bench_main.h"
#include "domain/constitution/rules/rule_set.h"
#include "services/constitution/keeper.h"
#include "services/gate/judge.h"
#include "somabrain/v1/brain.pb.h"
#include "somabrain/v1/memory.pb.h"
#include "support/law/enforced_law.h"
#include "support/openbao_server.h"
#include "support/postgres/postgres_cluster.h"
#include "support/redis/cluster.h"

namespace {

using namespace soma;
namespace json = boost::json;

constexpr std::size_t kBytes = 64 * 1024;
constexpr int kCalls = 2'000;

double clock_us(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

void report(const char* name, const std::function<void(int)>& call,
            clockid_t clock = CLOCK_THREAD_CPUTIME_ID) {
    const double first_from = clock_us(clock);
    call(0);
    const double first = clock_us(clock) - first_from;
    std::vector<double> times;
    for (int i = 1; i <= kCalls; ++i) {
        const double from = clock_us(clock);
        call(i);
        times.push_back(clock_us(clock) - from);
    }
    std::sort(times.begin(), times.end());
    const auto at = [&](std::size_t percent) { return times[times.size() * percent / 100]; };
    std::cout << std::left << std::setw(44) << name << std::right << std::fixed
              << std::setprecision(2) << "first " << std::setw(9) << first << "  p50 "
              << std::setw(9) << at(50) << "  p95 " << std::setw(9) << at(95) << "  p99 "
              << std::setw(9) << at(99) << " µs\n";
}

json::array some_rules(int count, bool tags) {
    json::array rules{json::object{{"id", "all"},
                                   {"article", "isolation"},
                                   {"match", json::object()},
                                   {"effect", {{"type", "allow"}}}}};
    const char* effects[] = {"deny", "require_review", "allow"};
    for (int i = 1; i < count; ++i) {
        json::object match{{"roles", json::array{i % 2 == 0 ? "agent" : "admin"}},
                           {"amounts", json::array{json::object{{"name", "cost"}, {"min", i}}}}};
        if (tags) {
            json::array list;
            for (int tag = 0; tag < 64; ++tag) {
                list.push_back(json::string("tag " + std::to_string(i * 7 + tag)));
            }
            match["tags"] = list;
        }
        rules.push_back(json::object{{"id", "r" + std::to_string(i)},
                                     {"article", "isolation"},
                                     {"match", match},
                                     {"effect", {{"type", effects[i % 3]}}}});
    }
    return rules;
}

/// A law of exactly kBytes: 200 rules, and articles to fill it.
domain::Document large_law() {
    json::object law = testing::law_json();
    law["rules"] = some_rules(200, false);
    json::array articles = law["articles"].as_array();
    const std::size_t room = kBytes - to_canonical_json(law).size();
    const std::size_t parts = room / 3'000 + 1;
    for (std::size_t i = 0; i < parts; ++i) {
        articles.push_back(json::object{{"id", "fill-" + std::to_string(i)},
                                        {"text", std::string(room / parts - 40, 'x')}});
    }
    law["articles"] = articles;
    auto& last = law["articles"].as_array().back().as_object()["text"].as_string();
    last.append(kBytes - to_canonical_json(law).size(), 'x');
    return testing::document_of(law);
}

void verify() {
    const domain::Document law = large_law();
    const domain::SignedVersion version = testing::signed_by(law, "abc");
    std::cout << "a law of " << law.text.size() << " bytes, " << law.law.rules.size()
              << " rules, 3 of 5\n";
    report("verify from bytes", [&](int) {
        domain::Chain chain(law.hash);
        SOMA_ASSERT(!chain.append(version), "a good law");
    });
    report("of it: read_canonical_document",
           [&](int) { domain::read_canonical_document(law.text); });
    report("  of that: strict JSON", [&](int) { parse_strict_json(law.text); });
    const json::value value = *parse_strict_json(law.text);
    report("  of that: RFC 8785", [&](int) { to_canonical_json(value); });
    report("  of that: SHA3-512", [&](int) { sha3_512(law.text); });
    report("  of that: 5 keys admitted", [&](int) {
        for (const domain::Signer& signer : law.law.signers) {
            SOMA_ASSERT(valid_ed25519_key(signer.public_key), "a good key");
        }
    });
    report("compile 200 rules", [&](int) { domain::RuleSet{law.law.rules}; });
}

/// The stores with that one version in them, as a restore leaves them.
class Stores {
  public:
    explicit Stores(const domain::Document& law) : root_(law.hash) {
        bao_.set_up("soma-signer-1");
        backends::migrate(cluster_.owner(), 65'536, deadline());
        backends::LawRefill refill(cluster_.owner(), deadline());
        refill.add(1, law.hash, testing::signed_by(law, "abc"), testing::kNow);
        refill.commit();
    }

    static Deadline deadline() { return Deadline(std::chrono::minutes(1)); }

    /// Of a process that has seen no law yet.
    std::unique_ptr<services::LawKeeper> keeper() {
        return std::make_unique<services::LawKeeper>(services::KeeperSettings{root_}, laws_, mark_,
                                                     copies_, archive_, in_force_);
    }

    void read_law() { laws_.read(1, deadline()); }
    void read_copy() { SOMA_ASSERT(copies_.get("soma:constitution:active"), "Redis has it"); }
    void read_and_raise_mark() {
        const auto mark = mark_.read(deadline());
        SOMA_ASSERT(mark && mark_.raise(*mark, deadline()) == *mark, "OpenBao has it");
    }

  private:
    const std::string root_;
    test::OpenBaoServer bao_;
    test::PostgresCluster cluster_;
    test::RedisCluster redis_;
    backends::ConnectionPool pool_{cluster_.app(), 1};
    backends::Laws laws_{pool_};
    backends::Vault vault_{bao_.login("vault")};
    backends::LawMark mark_{vault_};
    backends::RedisCache copies_{redis_.config(0)};
    // The archive looks in a thread of its own: what it saw last is all that a verification asks.
    backends::ObjectStore objects_{{}};
    services::LawSnapshots snapshots_{objects_, std::chrono::days(1)};
    services::LawArchive archive_{snapshots_, laws_};
    services::LawInForce in_force_;
};

void fetch() {
    Stores stores(large_law());
    report(
        "verify from PostgreSQL, Redis and OpenBao",
        [&](int) { stores.keeper()->refresh(Stores::deadline()); }, CLOCK_MONOTONIC);
    report(
        "of it: PostgreSQL", [&](int) { stores.read_law(); }, CLOCK_MONOTONIC);
    report(
        "of it: Redis", [&](int) { stores.read_copy(); }, CLOCK_MONOTONIC);
    report(
        "of it: OpenBao", [&](int) { stores.read_and_raise_mark(); }, CLOCK_MONOTONIC);
    const auto keeper = stores.keeper();
    keeper->refresh(Stores::deadline());
    report(
        "again, by the process that runs", [&](int) { keeper->refresh(Stores::deadline()); },
        CLOCK_MONOTONIC);
}

void evaluate(const char* name, bool with_tags) {
    json::object law = testing::law_json();
    law["rules"] = some_rules(with_tags ? 50 : 200, with_tags);
    std::vector<domain::Rule> parsed = testing::document_of(law).law.rules;
    while (parsed.size() < 200) {  // a document of 256 KiB has no room for so many tags
        parsed.push_back(parsed[parsed.size() % 49 + 1]);
        parsed.back().id += "-" + std::to_string(parsed.size());
    }
    const domain::RuleSet rules(parsed);
    std::vector<std::string> names;
    for (int i = 0; i < 32; ++i) {
        names.push_back("tag " + std::to_string(i * 11));
    }
    const std::vector<std::string_view> tags(names.begin(), names.end());
    double sum = 0;
    report(name, [&](int i) {
        domain::RequestFacts facts{.roles = {domain::Role::agent}, .tags = tags};
        facts.amounts[static_cast<std::size_t>(domain::Amount::cost)] = i % 400;
        sum += rules.evaluate(facts).penalty;
    });
    SOMA_ASSERT(sum == 0, "no penalties here");
}

/// By the hundred, so that reading the clock is no part of it.
void require() {
    services::LawInForce laws;
    testing::put_in_force(laws, testing::enforced(some_rules(200, false)));
    const Time now = wall_clock_now();
    std::uint64_t sum = 0;
    report("the law in force, 100 times", [&](int) {
        for (int i = 0; i < 100; ++i) {
            sum += laws.find(now)->version;
        }
    });
    SOMA_ASSERT(sum == 100 * (kCalls + 1), "version 1");
}

void judge(const char* name, int rules, google::protobuf::Message& message,
           domain::Endpoint endpoint) {
    const auto law = testing::enforced(some_rules(rules, false));
    const services::RequestReader reader(message.GetDescriptor());
    report(name, [&](int) {
        const auto judgement = services::judge(
            *law, reader, {.endpoint = endpoint, .roles = {domain::Role::reader}}, message);
        SOMA_ASSERT(!judgement.refusal, "these rules let it go on");
    });
}

void gate() {
    require();
    somabrain::v1::GetMemoryRequest get;
    get.set_id("00000000-0000-7000-8000-000000000001");
    judge("judge, 200 rules, no texts", 200, get, domain::Endpoint::get_memory);
    somabrain::v1::EvaluateRequest evaluate;
    evaluate.set_query("Who brings the measurements to the review meeting on Thursday?");
    evaluate.set_session_id("week-14");
    judge("judge, 200 rules, a question of 61 bytes", 200, evaluate, domain::Endpoint::evaluate);
    somabrain::v1::RememberRequest remember;
    for (int i = 0; i < 546; ++i) {
        *remember.mutable_text() += "Grace will bring the measurements to the meeting by tram. ";
    }
    judge("judge, 10 rules, a text of 31 KiB", 10, remember, domain::Endpoint::remember);
}

}  // namespace

int main() {
    return bench_main([] {
        verify();
        fetch();
        gate();
        evaluate("200 rules, a request with 32 tags", false);
        evaluate("200 rules of 64 tags, a request with 32", true);
        return 0;
    });
}
