#include "backends/embedder/local_embedder.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <string>
#include <utility>

#include "base/error.h"

namespace soma::backends {
namespace {

Error late() {
    return Error(ErrorKind::deadline_exceeded, "the text was not embedded before the deadline");
}

std::size_t thread_count(std::size_t wanted) {
    return wanted > 0 ? wanted : std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

/// A workspace for as long as one text takes; nothing when none is free. The mutex is held when it
/// is taken, and is not when it goes back.
class LocalEmbedder::Borrowed {
  public:
    explicit Borrowed(LocalEmbedder& from) : from_(from) {
        if (from_.free_.empty()) return;
        workspace_ = std::move(from_.free_.back());
        from_.free_.pop_back();
    }
    ~Borrowed() {
        if (!workspace_) return;
        bool is_awaited = false;
        {
            const std::lock_guard lock(from_.mutex_);
            from_.free_.push_back(std::move(workspace_));
            is_awaited = !from_.queue_.empty();
        }
        if (is_awaited) from_.wake_.notify_one();
    }
    Borrowed(const Borrowed&) = delete;
    Borrowed& operator=(const Borrowed&) = delete;
    explicit operator bool() const { return workspace_ != nullptr; }
    MiniLm::Workspace& operator*() const { return *workspace_; }

  private:
    LocalEmbedder& from_;
    MiniLm::WorkspacePointer workspace_;
};

LocalEmbedder::LocalEmbedder(const LocalEmbedderOptions& options)
    : model_(MiniLm::load(options.directory, options.precision)),
      queue_limit_(options.queue_limit) {
    const std::size_t count = thread_count(options.threads);
    for (std::size_t i = 0; i < count; ++i) free_.push_back(model_->make_workspace());
    workers_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) workers_.emplace_back([this] { work(); });
}

LocalEmbedder::~LocalEmbedder() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& worker : workers_) worker.join();
    for (Job& job : queue_) {
        job.done.set_exception(
            std::make_exception_ptr(Error(ErrorKind::unavailable, "the service is stopping")));
    }
}

std::size_t LocalEmbedder::count_pieces(std::string_view text) const {
    return model_->tokenizer().count(text);
}

std::vector<float> LocalEmbedder::embed(std::string_view text, const Deadline& deadline) {
    auto ids = model_->tokenizer().encode(text, MiniLm::kMaxTokens);
    {
        std::unique_lock lock(mutex_);
        if (queue_.empty()) {
            if (const Borrowed workspace(*this); workspace) {
                lock.unlock();
                return compute(ids, deadline, *workspace);
            }
        }
    }
    Result result = submit(std::move(ids), deadline);
    return wait(result, deadline);
}

std::vector<std::vector<float>> LocalEmbedder::embed_many(std::span<const std::string> texts,
                                                          const Deadline& deadline) {
    const std::size_t window = 2 * workers_.size();
    std::vector<std::vector<float>> vectors;
    vectors.reserve(texts.size());
    std::deque<Result> pending;
    // Leaving early by an exception is safe: a job owns all it needs, its answer is dropped.
    for (const std::string& text : texts) {
        if (pending.size() == window) {
            vectors.push_back(wait(pending.front(), deadline));
            pending.pop_front();
        }
        // Tokenised here: the pool's threads do nothing but arithmetic.
        auto ids = model_->tokenizer().encode(text, MiniLm::kMaxTokens);
        pending.push_back(submit(std::move(ids), deadline));
    }
    for (Result& result : pending) vectors.push_back(wait(result, deadline));
    return vectors;
}

EmbedderStats LocalEmbedder::stats() const {
    const std::lock_guard lock(mutex_);
    return counters_.read(queue_.size());
}

LocalEmbedder::Result LocalEmbedder::submit(std::vector<WordPiece::Id> ids,
                                            const Deadline& deadline) {
    Job job{std::move(ids), deadline, {}};
    Result result = job.done.get_future();
    {
        const std::lock_guard lock(mutex_);
        if (queue_.size() >= queue_limit_) {
            counters_.refused.fetch_add(1, std::memory_order_relaxed);
            throw Error(ErrorKind::unavailable, "too many texts are waiting to be embedded");
        }
        queue_.push_back(std::move(job));
    }
    wake_.notify_one();
    return result;
}

std::vector<float> LocalEmbedder::wait(Result& result, const Deadline& deadline) {
    if (result.wait_until(deadline.at()) != std::future_status::ready) throw late();
    return result.get();
}

void LocalEmbedder::work() {
    while (true) {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return stopping_ || (!queue_.empty() && !free_.empty()); });
        if (stopping_) return;
        Job job = std::move(queue_.front());
        queue_.pop_front();
        const Borrowed workspace(*this);
        lock.unlock();
        run(job, *workspace);
    }
}

void LocalEmbedder::run(Job& job, MiniLm::Workspace& workspace) {
    try {
        job.done.set_value(compute(job.ids, job.deadline, workspace));
    } catch (...) {
        job.done.set_exception(std::current_exception());
    }
}

std::vector<float> LocalEmbedder::compute(std::span<const WordPiece::Id> ids,
                                          const Deadline& deadline, MiniLm::Workspace& workspace) {
    if (deadline.passed()) {  // nobody waits for it any more
        counters_.expired.fetch_add(1, std::memory_order_relaxed);
        throw late();
    }
    const auto begin = Deadline::Clock::now();
    std::vector<float> vector = model_->forward(ids, workspace);
    const auto spent =
        std::chrono::duration_cast<std::chrono::microseconds>(Deadline::Clock::now() - begin);
    counters_.embedded.fetch_add(1, std::memory_order_relaxed);
    counters_.pieces.fetch_add(ids.size() - 2, std::memory_order_relaxed);
    counters_.busy_us.fetch_add(static_cast<std::uint64_t>(spent.count()),
                                std::memory_order_relaxed);
    return vector;
}

}  // namespace soma::backends
