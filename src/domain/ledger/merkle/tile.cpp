#include "domain/ledger/merkle/tile.h"

#include <algorithm>

#include "base/error.h"

namespace soma::domain {
namespace {

std::string three_digits(std::uint64_t number) {
    const std::string digits = std::to_string(number);
    return std::string(3 - digits.size(), '0') + digits;
}

std::string path_of(std::string_view folder, const Tile& tile) {
    SOMA_ASSERT(tile.width > 0 && tile.width <= kTileWidth, "no tile is empty or wider");
    std::string number = three_digits(tile.index % 1000);
    for (std::uint64_t rest = tile.index / 1000; rest > 0; rest /= 1000) {
        number.insert(0, "x" + three_digits(rest % 1000) + "/");
    }
    std::string path = std::string(folder) + "/" + number;
    return tile.width == kTileWidth ? path : path + ".p/" + std::to_string(tile.width);
}

}  // namespace

std::string tile_path(const Tile& tile) {
    return path_of("tile/" + std::to_string(tile.level), tile);
}

std::string bundle_path(const Tile& tile) {
    SOMA_ASSERT(tile.level == 0, "entries lie under the leaves");
    return path_of("tile/entries", tile);
}

std::optional<Tile> tile_in(std::uint64_t size, unsigned level, std::uint64_t index) {
    const unsigned shift = level * kTileHeight;
    const std::uint64_t hashes = shift < 64 ? size >> shift : 0;
    if (index > hashes / kTileWidth || index * kTileWidth == hashes) {
        return std::nullopt;
    }
    return Tile{level, index, std::min(kTileWidth, hashes - index * kTileWidth)};
}

std::vector<Tile> partial_tiles(std::uint64_t size) {
    std::vector<Tile> tiles;
    std::uint64_t hashes = size;
    for (unsigned level = 0; hashes > 0; ++level, hashes /= kTileWidth) {
        if (hashes % kTileWidth != 0) {
            tiles.push_back({level, hashes / kTileWidth, hashes % kTileWidth});
        }
    }
    return tiles;
}

std::string encode_tile(std::span<const std::string> hashes) {
    std::string bytes;
    bytes.reserve(hashes.size() * kTreeHashBytes);
    for (const std::string& each : hashes) {
        bytes += each;
    }
    return bytes;
}

std::optional<std::vector<std::string>> decode_tile(std::string_view bytes, std::uint64_t width) {
    if (bytes.size() != width * kTreeHashBytes) {
        return std::nullopt;
    }
    std::vector<std::string> hashes;
    hashes.reserve(width);
    for (std::size_t at = 0; at < bytes.size(); at += kTreeHashBytes) {
        hashes.emplace_back(bytes.substr(at, kTreeHashBytes));
    }
    return hashes;
}

std::string encode_bundle(std::span<const std::string> entries) {
    std::string bytes;
    for (const std::string& each : entries) {
        SOMA_ASSERT(each.size() <= kMaxEntryBytes, "a length fits two bytes");
        bytes += static_cast<char>(each.size() >> 8);
        bytes += static_cast<char>(each.size() & 0xff);
        bytes += each;
    }
    return bytes;
}

std::optional<std::string_view> BundleReader::next() {
    if (rest_.size() < 2) {
        return std::nullopt;
    }
    const std::size_t size = static_cast<std::size_t>(static_cast<unsigned char>(rest_[0])) << 8 |
                             static_cast<unsigned char>(rest_[1]);
    if (rest_.size() - 2 < size) {
        return std::nullopt;
    }
    const auto entry = rest_.substr(2, size);
    rest_.remove_prefix(2 + size);
    return entry;
}

}  // namespace soma::domain
