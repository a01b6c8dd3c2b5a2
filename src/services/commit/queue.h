#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <vector>

#include "domain/ledger/intent.h"

namespace soma::services {

/// Intents that share a transaction, each with the promise of its outcome at the same place.
struct CommitGroup {
    std::vector<domain::Intent> intents;
    std::vector<std::promise<domain::Outcome>> promises;

    std::size_t size() const { return intents.size(); }
};

/// First in, first out, bounded. Thread-safe; one thread takes.
class CommitQueue {
  public:
    /// `group_rows` and `group_intents` bound what take() returns; a first intent with more rows,
    /// and one that must, comes alone.
    CommitQueue(std::size_t limit, std::size_t group_intents, std::size_t group_rows)
        : limit_(limit), group_intents_(group_intents), group_rows_(group_rows) {}

    enum class Refusal { full, closed };
    /// nullopt: taken in, `outcome` will be fulfilled. Otherwise nothing was taken.
    std::optional<Refusal> push(domain::Intent& intent, std::future<domain::Outcome>& outcome);
    enum class IfEmpty { wait, leave };
    /// Takes what is there, after waiting for a first intent if told to; empty when closed.
    CommitGroup take(IfEmpty if_empty);
    /// Takes nothing more in and wakes take().
    void close();
    /// What was never taken, after close().
    CommitGroup rest();
    std::size_t size() const;

  private:
    struct Pending {
        domain::Intent intent;
        std::promise<domain::Outcome> promise;
        std::size_t rows;
        bool alone;
    };
    void move_first_to(CommitGroup& group);

    const std::size_t limit_;
    const std::size_t group_intents_;
    const std::size_t group_rows_;
    mutable std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<Pending> pending_;
    bool closed_ = false;
};

}  // namespace soma::services
