// links: soma_domain
// An archive may hold any bytes under a tile's or a bundle's name: what is taken apart whole is
// what would have been written, and any entry's place in its stream can be asked.
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "domain/ledger/merkle/stream_check.h"
#include "domain/ledger/merkle/tile.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace soma;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    domain::BundleReader reader(bytes);
    domain::StreamCheck streams;
    std::vector<std::string> entries;
    while (const auto entry = reader.next()) {
        entries.emplace_back(*entry);
        streams.next(*entry);
    }
    if (reader.at_end()) {
        SOMA_ASSERT(domain::encode_bundle(entries) == bytes, "one bundle, one encoding");
    }
    if (size > 0) {
        const std::uint64_t width = 1 + data[0];
        if (const auto hashes = domain::decode_tile(bytes, width)) {
            SOMA_ASSERT(domain::encode_tile(*hashes) == bytes, "one tile, one encoding");
            SOMA_ASSERT(domain::root_over(*hashes).size() == 32, "with a root");
        }
    }
    return 0;
}
