#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "domain/memory/memory.h"

namespace soma::domain {

/// How a memory's content becomes the sealed blobs of the store. All pure but for the random nonce;
/// thread-safe. `data_key` is the subject's AES-256 key: without it the blobs are noise, which is
/// what erases them from write-ahead logs, backups and copies that DELETE cannot reach. Each blob
/// is bound to its place (tenant, memory, passage, generation): moved elsewhere it does not open.

std::string seal_content(std::string_view data_key, const Uuid& tenant, const Uuid& memory_id,
                         const MemoryContent& content);
/// nullopt when the key is wrong or a bit was changed.
std::optional<MemoryContent> open_content(std::string_view data_key, const Uuid& tenant,
                                          const Uuid& memory_id, std::string_view sealed);

/// Where an embedding lives: vectors of different model generations never mix.
struct PassagePlace {
    Uuid tenant;
    Uuid memory_id;
    std::uint32_t number = 0;      ///< 0 for the first passage of the text
    std::uint32_t generation = 0;  ///< tenants.model_generation
};

/// Plain form: u32be begin ‖ u32be end ‖ f32le scale ‖ int8[D].
std::string seal_passage(std::string_view data_key, const PassagePlace& place,
                         const Passage& passage);
std::optional<Passage> open_passage(std::string_view data_key, const PassagePlace& place,
                                    std::string_view sealed);

}  // namespace soma::domain
