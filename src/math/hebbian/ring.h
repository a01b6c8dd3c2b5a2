#pragma once
#include <cstddef>
#include <deque>
#include <utility>
#include <vector>

#include "math/result.h"

namespace soma::math {

/// The last `capacity` things, oldest first: pushing onto a full ring drops the oldest. Its size
/// never exceeds its capacity (1 to 65,536). Not thread-safe. O(1) a push.
template <typename T>
class Ring {
  public:
    static constexpr std::size_t kLargestCapacity = 65'536;

    /// Errors: out_of_range.
    static Result<Ring> make(std::size_t capacity) {
        if (capacity == 0 || capacity > kLargestCapacity) {
            return MathError{MathFault::out_of_range, "a ring holds 1 to 65536 items", "capacity"};
        }
        return Ring(capacity);
    }

    void push(T item) {
        if (items_.size() == capacity_) {
            items_.pop_front();
        }
        items_.push_back(std::move(item));
    }

    /// Drops from the oldest end while `expired(item)` holds: a time to live.
    template <typename Predicate>
    void drop_while(Predicate expired) {
        while (!items_.empty() && expired(items_.front())) {
            items_.pop_front();
        }
    }

    std::size_t size() const { return items_.size(); }
    std::size_t capacity() const { return capacity_; }
    /// Item i, 0 the oldest.
    const T& operator[](std::size_t i) const { return items_[i]; }

  private:
    explicit Ring(std::size_t capacity) : capacity_(capacity) {}
    std::size_t capacity_;
    std::deque<T> items_;
};

/// Weights of n items in order of arrival, (1−γ)γ^{n−i} for i = 1 … n: they sum to 1 − γⁿ, the rest
/// belonging to what has left the ring. 0 ≤ γ < 1 (γ = 0: the newest alone). Errors: out_of_range.
Result<std::vector<double>> ewma_weights(std::size_t count, double gamma);

}  // namespace soma::math
