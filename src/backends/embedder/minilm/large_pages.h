#pragma once
#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <memory_resource>
#include <new>

namespace soma::backends {

/// Memory in pages of 2 MiB where the kernel grants them, in ordinary ones where not. A text reads
/// all 11 MB of weights once: 2,600 ordinary pages are more than a CPU remembers the places of.
/// Rounds up to whole pages, so it is meant as the upstream of a pooling resource. Thread-safe.
class LargePages final : public std::pmr::memory_resource {
  private:
    static constexpr std::size_t kPage = 2U << 20U;

    void* do_allocate(std::size_t bytes, std::size_t) override {
        const std::size_t whole = (bytes + kPage - 1) / kPage * kPage;
        void* memory = std::aligned_alloc(kPage, whole);
        if (memory == nullptr) {
            throw std::bad_alloc();
        }
        ::madvise(memory, whole, MADV_HUGEPAGE);  // advice: without it all is well but slower
        return memory;
    }
    void do_deallocate(void* memory, std::size_t, std::size_t) override { std::free(memory); }
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }
};

}  // namespace soma::backends
