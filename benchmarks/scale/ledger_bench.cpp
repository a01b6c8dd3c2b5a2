// What the ledger costs and carries, on servers that it starts itself (PostgreSQL with fsync, Kafka
// with acks of all, OpenBao, a bucket with object lock), which end with it. `./dev bench ledger`
// runs it beside the running stack and prints the tables.
//   throughput: committer → PostgreSQL → relay → Kafka → checked reader, with the checkpointer
//   signing and archiving; then a backlog in turns with librdkafka alone
//   proofs: made and verified at 10^6 leaves, from hashes in hand
//   cost: recall with its event and without, in turns
//
//     bench_ledger MODEL_FOLDER SECONDS RATE ROUNDS 'proofs throughput cost'
//
// Prints one JSON object. Ends in failure when an event was lost, doubled or out of order.
#include <boost/json/serialize.hpp>
#include <iostream>

#include "bench_main.h"
#include "ledger/cost.h"
#include "ledger/proofs.h"
#include "ledger/throughput.h"

namespace soma::bench {
namespace {

constexpr std::uint64_t kLeaves = 1'000'000;
constexpr int kProofs = 10'000;
constexpr std::uint64_t kBacklog = 20'000;
constexpr int kRecalls = 200;

bool is_whole(const json::object& sustained) {
    return sustained.at("lost").to_number<std::uint64_t>() == 0 &&
           sustained.at("doubled").to_number<std::uint64_t>() == 0 &&
           sustained.at("gap").as_string().empty();
}

struct Options {
    std::string model;
    int seconds = 0;
    double rate = 0;
    int rounds = 0;
    std::string parts;  ///< of "proofs throughput cost"
    bool has(const char* part) const { return parts.find(part) != std::string::npos; }
};

json::array measure_cost(Stores& stores, const Options& options) {
    LedgerCost cost(stores, options.model);
    json::array out;
    for (const bool embedded : {true, false}) {
        for (const int clients : {1, 8}) {
            out.push_back(cost.measure(options.rounds, kRecalls, clients, embedded));
        }
    }
    return out;
}

int run(const Options& options) {
    json::object out;
    bool whole = true;
    if (options.has("proofs")) {
        out["proofs"] = measure_proofs(kLeaves, kProofs);
    }
    if (options.has("throughput")) {
        Stores stores;
        Throughput throughput(stores);
        auto sustained = throughput.sustained(options.rate, options.seconds);
        whole = is_whole(sustained);
        out["sustained"] = std::move(sustained);
        out["backlog"] = throughput.beside_peer(options.rounds, kBacklog);
    }
    if (options.has("cost")) {
        Stores stores;
        out["cost"] = measure_cost(stores, options);
    }
    std::cout << json::serialize(out) << std::endl;
    return whole ? 0 : 1;
}

}  // namespace
}  // namespace soma::bench

int main(int argc, char** argv) {
    if (argc != 6) {
        std::cerr << "bench_ledger MODEL_FOLDER SECONDS RATE ROUNDS PARTS\n";
        return 2;
    }
    return soma::bench_main([&] {
        return soma::bench::run(
            {argv[1], std::stoi(argv[2]), std::stod(argv[3]), std::stoi(argv[4]), argv[5]});
    });
}
