#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/ledger/merkle/tree.h"

namespace soma::domain {

/// A tree as files, which never change once written: C2SP tlog-tiles. Pure.

inline constexpr unsigned kTileHeight = 8;        ///< levels of the tree in one tile
inline constexpr std::uint64_t kTileWidth = 256;  ///< hashes in a full tile
inline constexpr std::size_t kTileBytes = kTileWidth * kTreeHashBytes;
inline constexpr std::size_t kMaxEntryBytes = 65'535;
inline constexpr std::size_t kMaxBundleBytes = kTileWidth * (2 + kMaxEntryBytes);

/// Hashes `index * 256` up to `width` more of a tile level. Level 0 has the leaves; each hash of
/// level n + 1 is the root of a full tile of level n.
struct Tile {
    unsigned level = 0;
    std::uint64_t index = 0;
    std::uint64_t width = kTileWidth;  ///< 1 to 256; fewer than 256: partial

    friend bool operator==(const Tile&, const Tile&) = default;
};

/// "tile/1/x001/234/067.p/12": three digits a part, "x" before all but the last.
std::string tile_path(const Tile& tile);
/// "tile/entries/x001/234/067.p/12": the entries under a tile of level 0.
std::string bundle_path(const Tile& tile);

/// The tile of `level` with that number in a tree of `size` leaves; nullopt: the tree has none.
std::optional<Tile> tile_in(std::uint64_t size, unsigned level, std::uint64_t index);
/// The tiles at the right edge of a tree of `size` leaves that are not full, lowest level first.
std::vector<Tile> partial_tiles(std::uint64_t size);

std::string encode_tile(std::span<const std::string> hashes);
/// nullopt when it is not exactly `width` hashes.
std::optional<std::vector<std::string>> decode_tile(std::string_view bytes, std::uint64_t width);

/// Entries, each after its length in two bytes, big-endian. Each has at most kMaxEntryBytes.
std::string encode_bundle(std::span<const std::string> entries);

/// Takes a bundle apart, entry by entry. For one thread; the bytes must outlive it.
class BundleReader {
  public:
    explicit BundleReader(std::string_view bytes) : rest_(bytes) {}
    /// nullopt: there is no further entry, or it is cut short.
    std::optional<std::string_view> next();
    bool at_end() const { return rest_.empty(); }

  private:
    std::string_view rest_;
};

}  // namespace soma::domain
