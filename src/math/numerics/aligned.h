#pragma once
#include <cstddef>
#include <new>
#include <vector>

namespace soma::math {

/// Memory that begins on a cache line: a vector register of 64 bytes loaded from it never straddles
/// two lines, which costs twice the time. Stateless, thread-safe.
template <typename T>
struct CacheLineAllocator {
    using value_type = T;
    static constexpr std::align_val_t kLine{64};

    CacheLineAllocator() = default;
    template <typename U>
    CacheLineAllocator(const CacheLineAllocator<U>& /*other*/) {}

    T* allocate(std::size_t count) {
        return static_cast<T*>(::operator new(count * sizeof(T), kLine));
    }
    void deallocate(T* memory, std::size_t /*count*/) { ::operator delete(memory, kLine); }

    template <typename U>
    friend bool operator==(const CacheLineAllocator& /*a*/, const CacheLineAllocator<U>& /*b*/) {
        return true;
    }
};

template <typename T>
using AlignedVector = std::vector<T, CacheLineAllocator<T>>;

}  // namespace soma::math
