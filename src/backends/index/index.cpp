#include "backends/index/index.h"

#include <algorithm>
#include <thread>
#include <unordered_map>
#include <vector>

#include "backends/index/tenant.h"
#include "base/error.h"

namespace soma::backends {

using Phase = Index::Tenant::Phase;
using Outcome = Index::Tenant::Outcome;

// Tenants also grow by changes; looking at all of them after each one would cost more than it
// saves.
constexpr std::uint64_t changes_between_evictions = 1024;

class Index::Impl {
  public:
    Impl(Loader loader, IndexLimits limits) : loader_(std::move(loader)), limits_(limits) {
        SOMA_ASSERT(limits_.load_threads >= 1, "something must load tenants");
        for (std::size_t i = 0; i < limits_.load_threads; ++i) {
            load_threads_.emplace_back([this] { load_until_stopped(); });
        }
    }

    ~Impl() {
        {
            const std::lock_guard lock(queue_mutex_);
            stopping_ = true;
        }
        queue_changed_.notify_all();
        for (std::thread& thread : load_threads_) {
            thread.join();
        }
    }

    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    bool holds(const Uuid& id, std::uint64_t at_least);
    std::shared_ptr<Tenant> lease(const Uuid& id, std::uint64_t at_least, const Deadline& deadline);
    void apply(const domain::AppliedChange& change);
    bool reach(const Uuid& id, std::uint64_t sequence);
    IndexFigures figures() const;

  private:
    std::shared_ptr<Tenant> resident(const Uuid& id, bool create);
    bool wait_until_ready(const std::shared_ptr<Tenant>& tenant, std::unique_lock<std::mutex>& lock,
                          std::uint64_t at_least, const Deadline& deadline);
    bool follow(Tenant& tenant, const domain::AppliedChange& change);
    void enqueue(std::shared_ptr<Tenant> tenant);
    void load_until_stopped();
    void load(Tenant& tenant);
    void evict_over_limit();

    const Loader loader_;
    const IndexLimits limits_;

    mutable std::mutex map_mutex_;
    std::unordered_map<Uuid, std::shared_ptr<Tenant>> tenants_;

    std::mutex queue_mutex_;
    std::condition_variable queue_changed_;
    std::deque<std::shared_ptr<Tenant>> queue_;
    bool stopping_ = false;
    std::vector<std::thread> load_threads_;

    std::atomic<std::uint64_t> reads_ = 0;
    std::atomic<std::uint64_t> loads_ = 0;
    std::atomic<std::uint64_t> failed_loads_ = 0;
    std::atomic<std::uint64_t> gaps_ = 0;
    std::atomic<std::uint64_t> evictions_ = 0;
    std::atomic<std::uint64_t> applied_ = 0;
    std::atomic<std::uint64_t> waits_ = 0;
};

std::shared_ptr<Index::Tenant> Index::Impl::resident(const Uuid& id, bool create) {
    const std::lock_guard lock(map_mutex_);
    const auto found = tenants_.find(id);
    if (found != tenants_.end()) {
        return found->second;
    }
    return create ? tenants_.emplace(id, std::make_shared<Tenant>(id)).first->second : nullptr;
}

// Reading --------------------------------------------------------------------------------------

std::shared_ptr<Index::Tenant> Index::Impl::lease(const Uuid& id, std::uint64_t at_least,
                                                  const Deadline& deadline) {
    while (true) {
        std::shared_ptr<Tenant> tenant = resident(id, true);
        std::unique_lock turnstile(tenant->mutex);
        tenant->last_read = ++reads_;  // before the load ends: what is waited for is not evicted
        if (wait_until_ready(tenant, turnstile, at_least, deadline)) {
            tenant->corpus_lock.lock_shared();
            return tenant;
        }
    }
}

// False: the tenant was evicted meanwhile and must be looked up again.
bool Index::Impl::wait_until_ready(const std::shared_ptr<Tenant>& tenant,
                                   std::unique_lock<std::mutex>& lock, std::uint64_t at_least,
                                   const Deadline& deadline) {
    const std::uint64_t failures_before = tenant->failures;
    bool waited = false;
    while (!(tenant->phase == Phase::ready && tenant->sequence >= at_least)) {
        if (tenant->phase == Phase::evicted) {
            return false;
        }
        if (tenant->failures != failures_before) {
            throw Error(ErrorKind::unavailable, "the memories could not be loaded",
                        "index load failed: " + tenant->failure);
        }
        if (tenant->phase == Phase::absent) {
            tenant->phase = Phase::loading;
            enqueue(tenant);
        }
        if (!waited) {
            waited = true;
            ++waits_;
        }
        if (tenant->changed.wait_until(lock, deadline.at()) == std::cv_status::timeout &&
            deadline.passed()) {
            throw Error(ErrorKind::unavailable, "the memories are not up to date yet",
                        "index: at_least or load not reached by the deadline");
        }
    }
    return true;
}

bool Index::Impl::holds(const Uuid& id, std::uint64_t at_least) {
    const std::shared_ptr<Tenant> tenant = resident(id, false);
    if (tenant == nullptr) {
        return false;
    }
    const std::lock_guard lock(tenant->mutex);
    return tenant->phase == Phase::ready && tenant->sequence >= at_least;
}

// Following ------------------------------------------------------------------------------------

void Index::Impl::apply(const domain::AppliedChange& change) {
    const std::shared_ptr<Tenant> tenant = resident(change.tenant, false);
    if (tenant == nullptr) {
        return;
    }
    if (follow(*tenant, change) && ++applied_ % changes_between_evictions == 0) {
        evict_over_limit();
    }
}

// True when the change was applied now.
bool Index::Impl::follow(Tenant& tenant, const domain::AppliedChange& change) {
    const std::lock_guard turnstile(tenant.mutex);
    if (tenant.phase == Phase::loading) {
        if (tenant.pending.size() < limits_.pending_changes) {
            tenant.pending.push_back(change);
        } else {
            tenant.pending_overflowed = true;
        }
        return false;
    }
    if (tenant.phase != Phase::ready) {
        return false;
    }
    Outcome outcome = Outcome::gap;
    try {
        const std::lock_guard exclusive(tenant.corpus_lock);
        outcome = tenant.follow(change);
    } catch (const std::exception&) {
        // The change is committed whatever we think of it: like after a gap, the store of record
        // decides.
        outcome = Outcome::gap;
    }
    if (outcome == Outcome::gap) {
        ++gaps_;
        tenant.phase = Phase::absent;
    }
    tenant.changed.notify_all();
    return outcome == Outcome::applied;
}

bool Index::Impl::reach(const Uuid& id, std::uint64_t sequence) {
    const std::shared_ptr<Tenant> tenant = resident(id, false);
    if (tenant == nullptr) {
        return true;
    }
    const std::lock_guard turnstile(tenant->mutex);
    if (tenant->phase == Phase::loading) {
        return false;
    }
    if (tenant->phase == Phase::ready && tenant->sequence < sequence) {
        ++gaps_;
        tenant->phase = Phase::absent;
    }
    if (tenant->phase == Phase::absent) {
        // Nothing is read from it any more, and what it holds may have been erased.
        const std::lock_guard exclusive(tenant->corpus_lock);
        tenant->corpus = domain::Corpus();
        tenant->bytes = 0;
        tenant->memories = 0;
    }
    tenant->changed.notify_all();
    return true;
}

// Loading --------------------------------------------------------------------------------------

void Index::Impl::enqueue(std::shared_ptr<Tenant> tenant) {
    {
        const std::lock_guard lock(queue_mutex_);
        queue_.push_back(std::move(tenant));
    }
    queue_changed_.notify_one();
}

void Index::Impl::load_until_stopped() {
    while (true) {
        std::shared_ptr<Tenant> tenant;
        {
            std::unique_lock lock(queue_mutex_);
            queue_changed_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
            if (stopping_) {
                return;
            }
            tenant = std::move(queue_.front());
            queue_.pop_front();
        }
        load(*tenant);
        evict_over_limit();
    }
}

// On a thread of its own with a deadline of its own: a tenant too large for one request's deadline
// still gets loaded for the next.
void Index::Impl::load(Tenant& tenant) {
    try {
        domain::Corpus corpus;
        const std::uint64_t sequence =
            loader_(tenant.id, Deadline(limits_.load_timeout),
                    [&](const domain::Memory& memory) { corpus.add(memory); });
        ++loads_;
        if (tenant.finish_load(std::move(corpus), sequence) == Outcome::gap) {
            ++gaps_;
        }
    } catch (const std::exception& failure) {
        ++failed_loads_;
        tenant.fail_load(failure.what());
    }
}

void Index::Impl::evict_over_limit() {
    std::vector<std::shared_ptr<Tenant>> victims;
    {
        const std::lock_guard lock(map_mutex_);
        std::vector<std::shared_ptr<Tenant>> loaded;
        std::size_t total = 0;
        for (const auto& [id, tenant] : tenants_) {
            if (tenant->bytes > 0) {
                loaded.push_back(tenant);
                total += tenant->bytes;
            }
        }
        std::sort(loaded.begin(), loaded.end(),
                  [](const auto& a, const auto& b) { return a->last_read < b->last_read; });
        // The last one read stays, even when it alone is over the limit: somebody is waiting for
        // it.
        for (std::size_t i = 0; i + 1 < loaded.size() && total > limits_.bytes; ++i) {
            total -= loaded[i]->bytes;
            tenants_.erase(loaded[i]->id);
            victims.push_back(std::move(loaded[i]));
        }
    }
    for (const auto& victim : victims) {
        const std::lock_guard turnstile(victim->mutex);
        victim->phase = Phase::evicted;
        victim->changed.notify_all();
        ++evictions_;
    }
}

IndexFigures Index::Impl::figures() const {
    IndexFigures figures;
    figures.loads = loads_;
    figures.failed_loads = failed_loads_;
    figures.gaps = gaps_;
    figures.evictions = evictions_;
    figures.applied = applied_;
    figures.waits = waits_;
    const std::lock_guard lock(map_mutex_);
    for (const auto& [id, tenant] : tenants_) {
        figures.tenants += tenant->bytes > 0 ? 1 : 0;
        figures.memories += tenant->memories;
        figures.bytes += tenant->bytes;
    }
    return figures;
}

// The public face ------------------------------------------------------------------------------

Index::Index(Loader loader, IndexLimits limits)
    : impl_(std::make_unique<Impl>(std::move(loader), limits)) {}
Index::~Index() = default;

Index::Lease Index::read(const Uuid& tenant, std::uint64_t at_least_sequence,
                         const Deadline& deadline) {
    return Lease(impl_->lease(tenant, at_least_sequence, deadline));
}

bool Index::holds(const Uuid& tenant, std::uint64_t at_least_sequence) const {
    return impl_->holds(tenant, at_least_sequence);
}

void Index::apply(const domain::AppliedChange& change) {
    impl_->apply(change);
}

bool Index::reach(const Uuid& tenant, std::uint64_t sequence) {
    return impl_->reach(tenant, sequence);
}

IndexFigures Index::figures() const {
    return impl_->figures();
}

Index::Lease::Lease(Lease&&) noexcept = default;

Index::Lease& Index::Lease::operator=(Lease&& other) noexcept {
    std::swap(tenant_, other.tenant_);
    return *this;
}

Index::Lease::~Lease() {
    if (tenant_ != nullptr) {
        tenant_->corpus_lock.unlock_shared();
    }
}

const domain::Corpus& Index::Lease::corpus() const {
    return tenant_->corpus;
}
std::uint64_t Index::Lease::sequence() const {
    return tenant_->sequence;
}

}  // namespace soma::backends
