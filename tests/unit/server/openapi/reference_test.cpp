#include "server/openapi/reference.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "server/routes.h"
#include "somabrain/v1/limits.pb.h"
#include "source_dir.h"

namespace soma::server {
namespace {

TEST(Reference, TheDocumentInTheRepositoryIsTheContract) {
    std::ifstream in(SOMABRAIN_SOURCE_DIR "/docs/api.md");
    const std::string document{std::istreambuf_iterator<char>(in),
                               std::istreambuf_iterator<char>()};
    EXPECT_EQ(document, api_reference(contract_services()))
        << "run: build/release/src/somabrain api --markdown > docs/api.md";
}

TEST(Reference, EveryRouteHasItsSection) {
    const auto text = api_reference(contract_services());
    for (const auto* service : contract_services()) {
        for (int i = 0; i < service->method_count(); ++i) {
            const auto& route = service->method(i)->options().GetExtension(somabrain::v1::route);
            EXPECT_NE(text.find("\n### " + route.verb() + " " + route.path() + "\n"),
                      std::string::npos)
                << route.path();
        }
    }
}

TEST(Reference, AMemberShowsTypeLimitAndMeaning) {
    const auto text = api_reference(contract_services());
    for (const auto* row :
         {"| `text` | text | required; 1–32768 bytes | What to remember. |",
          "| `importance` | number | 0–1 | The caller's own estimate. |",
          "| `tags` | list of text | ≤ 32 items; 1–256 bytes each |  |",
          "| `items` | list of [RememberRequest](#rememberrequest) | required; 1–1000 items |  |",
          "| `weight` | number | 0.001–1 |", "| `kind` | text | `turn` `query` `response` |  |"}) {
        EXPECT_NE(text.find(row), std::string::npos) << row;
    }
}

}  // namespace
}  // namespace soma::server
