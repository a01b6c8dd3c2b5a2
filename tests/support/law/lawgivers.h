#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "backends/postgres/constitution/laws.h"
#include "backends/vault/law_mark.h"
#include "services/constitution/keeper.h"
#include "services/constitution/lawbook.h"
#include "services/constitution/lawmaking.h"
#include "support/law_forge.h"
#include "support/living_core.h"
#include "support/openbao_server.h"
#include "support/redis/cluster.h"
#include "support/stores/object_store_server.h"

namespace soma::test {

/// A law that is in its term today.
inline testing::json::object current_law(std::uint64_t version = 1,
                                         const std::string& previous = {}) {
    auto law = testing::law_json(version, previous);
    law["expires_at"] = "2027-12-01T00:00:00Z";
    return law;
}

/// The stories of the law over stores of their own: a database without a law, an OpenBao without a
/// mark, a Redis Cluster without a copy, a bucket without a snapshot. The stack's law is the
/// stack's.
class Lawgivers {
  public:
    Lawgivers() : Lawgivers(testing::document_of(current_law())) {}
    explicit Lawgivers(domain::Document first_version) : first(std::move(first_version)) {
        static constexpr backends::Statement kForget{
            "forget_laws",
            "WITH signatures AS (DELETE FROM constitution_signatures),"
            " pointer AS (UPDATE constitution_pointer SET version = 0, hash = '')"
            " DELETE FROM constitution_versions"};
        as_superuser(kForget);
        for (std::size_t node = 0; node < RedisCluster::kNodes; ++node) {
            redis().say(node, "FLUSHALL");
        }
        bao().administer("DELETE", "/v1/soma/metadata/constitution/mark", {});
    }

    static OpenBaoServer& bao() {
        static OpenBaoServer server;
        static const bool once = (server.set_up("soma-signer-1"), true);
        EXPECT_TRUE(once);
        return server;
    }
    static ObjectStoreServer& storage() {
        static ObjectStoreServer server;
        return server;
    }
    static backends::ObjectStoreConfig new_bucket() {
        static int made = 0;
        auto config = storage().root();
        config.bucket = "laws-" + std::to_string(++made);
        const auto answer = storage().as_root(
            {"PUT", "/" + config.bucket, "", {{"x-amz-bucket-object-lock-enabled", "true"}}});
        EXPECT_EQ(answer.status, 200) << answer.body;
        return config;
    }
    static RedisCluster& redis() {
        static RedisCluster cluster;
        return cluster;
    }

    backends::Result as_superuser(const backends::Statement& statement,
                                  const backends::Params& params = {}) {
        const auto connection =
            backends::Connection::open(core.world.cluster.superuser(), LivingCore::soon());
        return connection->run(statement, params, LivingCore::soon());
    }

    somabrain::v1::ConstitutionVersion propose(const domain::Document& document) {
        somabrain::v1::ProposeRequest asked;
        asked.set_document(document.text);
        const auto context = core.request("Constitution.Propose");
        return lawmaking.propose(context, core.admitted(tenant, context), asked);
    }
    somabrain::v1::ConstitutionVersion sign(const domain::Document& document,
                                            const domain::Signature& signature) {
        somabrain::v1::SignProposalRequest asked;
        asked.set_id(to_hex(document.hash));
        asked.set_public_key(to_base64(signature.public_key));
        asked.set_signature(to_base64(signature.bytes));
        const auto context = core.request("Constitution.SignProposal");
        return lawmaking.sign(context, core.admitted(tenant, context), asked);
    }
    somabrain::v1::ConstitutionVersion activate(const domain::Document& document) {
        somabrain::v1::ActivateProposalRequest asked;
        asked.set_id(to_hex(document.hash));
        const auto context = core.request("Constitution.ActivateProposal");
        return lawmaking.activate(context, core.admitted(tenant, context), asked);
    }
    /// The whole way.
    somabrain::v1::ConstitutionVersion enact(const domain::Document& document,
                                             std::string_view signers = "abc") {
        propose(document);
        for (const auto& holder : testing::holders(signers)) {
            sign(document, holder.sign(document));
        }
        return activate(document);
    }
    /// The law that may follow the verified chain.
    domain::Document next(std::size_t threshold = 3) {
        const auto chain = keeper.chain();
        auto json = current_law(chain->version() + 1, chain->head()->hash);
        json["threshold"] = threshold;
        return testing::document_of(json);
    }
    /// Another process, that has seen nothing yet.
    std::unique_ptr<services::LawKeeper> another_keeper(services::LawInForce& in_force) {
        return std::make_unique<services::LawKeeper>(services::KeeperSettings{first.hash}, laws,
                                                     mark, copies, archive, in_force);
    }

    domain::Document first;
    LivingCore core;
    backends::TenantRow tenant = core.own_vectors(2);
    backends::Laws laws{core.world.app};
    backends::Vault vault{bao().login("vault")};
    backends::LawMark mark{vault};
    backends::RedisCache copies{redis().config(0)};
    backends::ObjectStore objects{new_bucket()};
    services::LawSnapshots snapshots{objects, std::chrono::days(1)};
    services::LawArchive archive{snapshots, laws};
    services::LawInForce law;
    services::LawKeeper keeper{
        services::KeeperSettings{first.hash}, laws, mark, copies, archive, law};
    services::Lawmaking lawmaking{keeper, laws, core.committer, core.ids};
    services::Lawbook lawbook{keeper, laws, core.committer, core.ids};
};

}  // namespace soma::test
