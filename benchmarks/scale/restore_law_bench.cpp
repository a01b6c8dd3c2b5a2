// The law rebuilt on empty stores from locked snapshots: `./dev bench restore_law [VERSIONS]`.
//   100 versions of 64 KiB, signed by three of five, in an object store and a PostgreSQL of its
//   own. Prints the time of `somabrain constitution restore --from-object-storage`'s story, wall
//   clock.
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include "backends/postgres/schema/migrations.h"
#include "base/error.h"
#include "bench_main.h"
#include "services/constitution/restore_law.h"
#include "support/law_forge.h"
#include "support/postgres/postgres_cluster.h"
#include "support/stores/object_store_server.h"

namespace {

using namespace soma;

constexpr std::size_t kBytes = 64 * 1024;
constexpr std::size_t kArticleBytes = 4'000;

/// A law of about kBytes, all of it words.
boost::json::object long_law(std::uint64_t version, const std::string& previous) {
    auto law = testing::law_json(version, previous);
    auto& articles = law["articles"].as_array();
    for (std::size_t i = 0; i < kBytes / kArticleBytes; ++i) {
        articles.push_back(boost::json::object{
            {"id", "words-" + std::to_string(i)},
            {"text", std::string(kArticleBytes, static_cast<char>('a' + version % 26))}});
    }
    return law;
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void run(int versions) {
    const Deadline deadline(std::chrono::minutes(30));
    test::ObjectStoreServer server;
    test::PostgresCluster cluster;
    backends::migrate(cluster.owner(), 65'536, deadline);
    server.as_root({"PUT", "/law", "", {{"x-amz-bucket-object-lock-enabled", "true"}}});
    auto config = server.root();
    config.bucket = "law";
    backends::ObjectStore store(config);
    services::LawSnapshots snapshots(store, std::chrono::days(1));

    std::string root;
    std::string previous;
    const auto saving = std::chrono::steady_clock::now();
    for (int version = 1; version <= versions; ++version) {
        const auto document =
            testing::document_of(long_law(static_cast<std::uint64_t>(version), previous));
        previous = document.hash;
        root = version == 1 ? document.hash : root;
        snapshots.save(document.law.version, document.hash, testing::signed_by(document, "abc"),
                       deadline);
    }
    std::cout << versions << " versions saved in " << seconds_since(saving) << " s\n";
    const auto begin = std::chrono::steady_clock::now();
    const auto restored =
        services::restore_law(cluster.owner(), snapshots, root, testing::kNow, deadline);
    std::cout << restored.version << " versions restored in " << seconds_since(begin) << " s\n";
}

}  // namespace

int main(int argc, char** argv) {
    return bench_main([&] {
        run(argc > 1 ? std::stoi(argv[1]) : 100);
        return 0;
    });
}
