#include "backends/index/index.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "domain/retrieval/search.h"

namespace soma::backends {
namespace {

using namespace std::chrono_literals;
using domain::AppliedChange;
using domain::Memory;

Uuid uuid_of(std::uint64_t number) {
    Uuid id;
    for (std::size_t i = 0; i < 8; ++i) {
        id.bytes[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    }
    return id;
}

Memory memory_of(std::uint64_t sequence) {
    Memory memory;
    memory.facts.id = uuid_of(sequence);
    memory.facts.sequence = sequence;
    memory.content.text = "note number " + std::to_string(sequence);
    memory.content.session_id = "session";
    memory.facts.turn = static_cast<int>(sequence);
    math::QuantizedVector vector{1, std::vector<std::int8_t>(16, 1)};
    vector.values[sequence % 16] = 100;
    memory.passages.push_back({0, static_cast<std::uint32_t>(memory.content.text.size()), vector});
    return memory;
}

AppliedChange insertion(const Uuid& tenant, std::uint64_t sequence) {
    return {tenant, sequence,
            domain::Inserted{std::make_shared<const Memory>(memory_of(sequence)), std::nullopt,
                             std::nullopt}};
}

// The store of record: each tenant's memories by sequence, changed before the index hears of it.
class Store {
  public:
    AppliedChange insert(const Uuid& tenant) {
        const std::lock_guard lock(mutex_);
        const std::uint64_t sequence = ++sequences_[tenant];
        memories_[tenant].emplace(sequence, memory_of(sequence));
        return insertion(tenant, sequence);
    }

    AppliedChange remove(const Uuid& tenant, std::uint64_t inserted_at) {
        const std::lock_guard lock(mutex_);
        memories_[tenant].erase(inserted_at);
        return {tenant, ++sequences_[tenant], domain::Removed{uuid_of(inserted_at)}};
    }

    std::size_t size(const Uuid& tenant) {
        const std::lock_guard lock(mutex_);
        return memories_[tenant].size();
    }

    std::uint64_t load(const Uuid& tenant, const MemorySink& sink) {
        ++loads;
        std::map<std::uint64_t, Memory> snapshot;
        std::uint64_t sequence;
        {
            const std::lock_guard lock(mutex_);
            snapshot = memories_[tenant];
            sequence = sequences_[tenant];
        }
        for (const auto& [number, memory] : snapshot) {
            sink(memory);
        }
        return sequence;
    }

    Loader loader() {
        return [this](const Uuid& tenant, const Deadline&, const MemorySink& sink) {
            return load(tenant, sink);
        };
    }

    std::atomic<int> loads = 0;

  private:
    std::mutex mutex_;
    std::map<Uuid, std::map<std::uint64_t, Memory>> memories_;
    std::map<Uuid, std::uint64_t> sequences_;
};

const Uuid tenant = uuid_of(1'000'001);

TEST(Index, LoadsOnTheFirstReadAndFollowsChanges) {
    Store store;
    store.insert(tenant);
    Index index(store.loader(), {});
    EXPECT_EQ(index.figures().tenants, 0U);
    {
        const auto lease = index.read(tenant, 1, Deadline(5s));
        EXPECT_EQ(lease.corpus().size(), 1U);
        EXPECT_EQ(lease.sequence(), 1U);
    }
    index.apply(store.insert(tenant));
    index.apply(store.remove(tenant, 1));
    const auto lease = index.read(tenant, 3, Deadline(5s));
    EXPECT_EQ(lease.corpus().size(), 1U);
    EXPECT_TRUE(lease.corpus().find(uuid_of(2)));
    EXPECT_EQ(store.loads, 1);
    EXPECT_EQ(index.figures().applied, 2U);
}

TEST(Index, ARepeatedChangeIsIgnored) {
    Store store;
    Index index(store.loader(), {});
    index.read(tenant, 0, Deadline(5s));
    const AppliedChange change = store.insert(tenant);
    index.apply(change);
    index.apply(change);
    EXPECT_EQ(index.read(tenant, 1, Deadline(5s)).corpus().size(), 1U);
    EXPECT_EQ(index.figures().gaps, 0U);
}

TEST(Index, AGapLoadsTheTenantAnew) {
    Store store;
    Index index(store.loader(), {});
    index.read(tenant, 0, Deadline(5s));
    store.insert(tenant);  // never heard of
    index.apply(store.insert(tenant));
    EXPECT_EQ(index.figures().gaps, 1U);
    const auto lease = index.read(tenant, 2, Deadline(5s));
    EXPECT_EQ(lease.corpus().size(), 2U);
    EXPECT_EQ(store.loads, 2);
}

TEST(Index, AChangeTheCorpusRefusesLoadsTheTenantAnew) {
    Store store;
    store.insert(tenant);
    Index index(store.loader(), {});
    index.read(tenant, 1, Deadline(5s));
    AppliedChange twice = insertion(tenant, 1);
    twice.sequence = 2;  // the id is there already
    index.apply(twice);
    EXPECT_EQ(index.figures().gaps, 1U);
    EXPECT_EQ(index.read(tenant, 1, Deadline(5s)).corpus().size(), 1U);
}

TEST(Index, SupersedingHidesTheFormerHolder) {
    Store store;
    store.insert(tenant);
    Index index(store.loader(), {});
    index.read(tenant, 1, Deadline(5s));
    AppliedChange change = store.insert(tenant);
    std::get<domain::Inserted>(change.change).superseded = uuid_of(1);
    index.apply(change);
    const auto lease = index.read(tenant, 2, Deadline(5s));
    const auto slot = lease.corpus().find(uuid_of(1));
    ASSERT_TRUE(slot);
    EXPECT_EQ(lease.corpus().facts(*slot).superseded_by, uuid_of(2));
}

TEST(Index, ChangesDuringALoadAreAppliedAfterIt) {
    Store store;
    store.insert(tenant);
    std::mutex mutex;
    std::condition_variable changed;
    bool read_snapshot = false;
    bool may_end = false;
    Index index(
        [&](const Uuid& id, const Deadline&, const MemorySink& sink) {
            const std::uint64_t sequence = store.load(id, sink);
            std::unique_lock lock(mutex);
            read_snapshot = true;
            changed.notify_all();
            changed.wait(lock, [&] { return may_end; });
            return sequence;
        },
        {});
    std::thread reader([&] {
        const auto lease = index.read(tenant, 3, Deadline(10s));
        EXPECT_EQ(lease.corpus().size(), 3U);
    });
    {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return read_snapshot; });
    }
    index.apply(insertion(tenant, 1));  // in the snapshot already
    index.apply(store.insert(tenant));
    index.apply(store.insert(tenant));
    {
        const std::lock_guard lock(mutex);
        may_end = true;
    }
    changed.notify_all();
    reader.join();
    EXPECT_EQ(store.loads, 1);
}

TEST(Index, TooManyChangesDuringALoadLoadAgain) {
    Store store;
    std::atomic<bool> first = true;
    Index* made = nullptr;
    Index index(
        [&](const Uuid& id, const Deadline&, const MemorySink& sink) {
            const std::uint64_t sequence = store.load(id, sink);
            if (first.exchange(false)) {
                for (int i = 0; i < 3; ++i) {
                    made->apply(store.insert(id));
                }
            }
            return sequence;
        },
        {.pending_changes = 2});
    made = &index;
    EXPECT_EQ(index.read(tenant, 3, Deadline(10s)).corpus().size(), 3U);
    EXPECT_EQ(store.loads, 2);
}

TEST(Index, ManyReadersShareOneLoad) {
    Store store;
    store.insert(tenant);
    Index index(
        [&](const Uuid& id, const Deadline&, const MemorySink& sink) {
            std::this_thread::sleep_for(50ms);
            return store.load(id, sink);
        },
        {});
    std::vector<std::thread> readers;
    for (int i = 0; i < 8; ++i) {
        readers.emplace_back(
            [&] { EXPECT_EQ(index.read(tenant, 1, Deadline(10s)).corpus().size(), 1U); });
    }
    for (std::thread& reader : readers) {
        reader.join();
    }
    EXPECT_EQ(store.loads, 1);
}

TEST(Index, ASequenceThatDoesNotComeIsUnavailableAtTheDeadline) {
    Store store;
    Index index(store.loader(), {});
    try {
        index.read(tenant, 7, Deadline(30ms));
        FAIL() << "a state that was never reached was served";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::unavailable);
    }
    // A reader that waits is woken by the change itself.
    std::thread reader([&] { EXPECT_EQ(index.read(tenant, 1, Deadline(10s)).sequence(), 1U); });
    index.apply(store.insert(tenant));
    reader.join();
}

TEST(Index, AFailedLoadIsUnavailableAndTriedAgainByTheNextRead) {
    Store store;
    store.insert(tenant);
    std::atomic<bool> broken = true;
    Index index(
        [&](const Uuid& id, const Deadline&, const MemorySink& sink) {
            if (broken) {
                throw Error(ErrorKind::unavailable, "no store");
            }
            return store.load(id, sink);
        },
        {});
    EXPECT_THROW(index.read(tenant, 0, Deadline(5s)), Error);
    broken = false;
    EXPECT_EQ(index.read(tenant, 0, Deadline(5s)).corpus().size(), 1U);
    EXPECT_EQ(index.figures().failed_loads, 1U);
}

TEST(Index, TheLeastRecentlyReadTenantLeavesOverTheLimit) {
    Store store;
    for (std::uint64_t t = 1; t <= 3; ++t) {
        for (int i = 0; i < 20; ++i) {
            store.insert(uuid_of(t));
        }
    }
    std::size_t one_tenant = 0;
    {
        Index probe(store.loader(), {});
        probe.read(uuid_of(1), 0, Deadline(5s));
        one_tenant = probe.figures().bytes;
    }
    Index index(store.loader(), {.bytes = 2 * one_tenant + one_tenant / 2});
    index.read(uuid_of(1), 0, Deadline(5s));
    index.read(uuid_of(2), 0, Deadline(5s));
    index.read(uuid_of(1), 0, Deadline(5s));
    index.read(uuid_of(3), 0, Deadline(5s));
    while (index.figures().evictions == 0) {
        std::this_thread::yield();
    }
    EXPECT_EQ(index.figures().tenants, 2U);
    const int before = store.loads;
    index.read(uuid_of(1), 0, Deadline(5s));
    EXPECT_EQ(store.loads, before);  // 1 was read after 2, so 2 left
    index.read(uuid_of(2), 0, Deadline(5s));
    EXPECT_EQ(store.loads, before + 1);
}

// For ./dev test tsan: writers, readers that search, and evictions at once; at the end nothing is
// missing.
TEST(Index, ReadersAndWritersTogether) {
    Store store;
    const std::vector<Uuid> tenants = {uuid_of(1), uuid_of(2), uuid_of(3)};
    Index index(store.loader(), {.bytes = 300'000});
    std::atomic<bool> writing = true;
    std::vector<std::thread> threads;
    // One writer a tenant: changes of a tenant are applied in order, as the committer does.
    for (const Uuid& id : tenants) {
        threads.emplace_back([&, id] {
            for (int i = 0; i < 300; ++i) {
                const AppliedChange change = store.insert(id);
                index.apply(change);
                const auto lease = index.read(id, change.sequence, Deadline(30s));
                EXPECT_TRUE(lease.corpus().find(uuid_of(change.sequence)));
            }
        });
    }
    std::vector<std::thread> readers;
    for (int r = 0; r < 2; ++r) {
        readers.emplace_back([&, r] {
            const math::QuantizedVector vector{1, std::vector<std::int8_t>(16, 3)};
            for (int i = 0; writing; ++i) {
                const auto lease =
                    index.read(tenants[static_cast<std::size_t>(i + r) % 3], 0, Deadline(30s));
                domain::SearchRequest request;
                request.text = "note number";
                request.vector = &vector;
                const auto found = domain::search(lease.corpus(), request);
                EXPECT_EQ(found.scope, lease.corpus().size());
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    writing = false;
    for (std::thread& reader : readers) {
        reader.join();
    }
    for (const Uuid& id : tenants) {
        EXPECT_EQ(index.read(id, 300, Deadline(30s)).corpus().size(), store.size(id));
    }
}

}  // namespace
}  // namespace soma::backends
