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

LocalEmbedder::LocalEmbedder(const LocalEmbedderOptions& options)
    : model_(MiniLm::load(options.directory, options.precision)),
      queue_limit_(options.queue_limit) {
    const std::size_t count = thread_count(options.threads);
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
    Result result = submit(text, deadline);
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
        pending.push_back(submit(text, deadline));
    }
    for (Result& result : pending) vectors.push_back(wait(result, deadline));
    return vectors;
}

EmbedderStats LocalEmbedder::stats() const {
    const std::lock_guard lock(mutex_);
    return counters_.read(queue_.size());
}

LocalEmbedder::Result LocalEmbedder::submit(std::string_view text, const Deadline& deadline) {
    // Tokenised by the caller: the pool's threads do nothing but arithmetic.
    Job job{model_->tokenizer().encode(text, MiniLm::kMaxTokens), deadline, {}};
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
    const MiniLm::WorkspacePointer workspace = model_->make_workspace();
    while (true) {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (stopping_) return;
        Job job = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        run(job, *workspace);
    }
}

void LocalEmbedder::run(Job& job, MiniLm::Workspace& workspace) {
    if (job.deadline.passed()) {  // nobody waits for it any more
        counters_.expired.fetch_add(1, std::memory_order_relaxed);
        job.done.set_exception(std::make_exception_ptr(late()));
        return;
    }
    const auto begin = Deadline::Clock::now();
    try {
        std::vector<float> vector = model_->forward(job.ids, workspace);
        const auto spent =
            std::chrono::duration_cast<std::chrono::microseconds>(Deadline::Clock::now() - begin);
        counters_.embedded.fetch_add(1, std::memory_order_relaxed);
        counters_.pieces.fetch_add(job.ids.size() - 2, std::memory_order_relaxed);
        counters_.busy_us.fetch_add(static_cast<std::uint64_t>(spent.count()),
                                    std::memory_order_relaxed);
        job.done.set_value(std::move(vector));
    } catch (...) {
        job.done.set_exception(std::current_exception());
    }
}

}  // namespace soma::backends
