#pragma once
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

#include "backends/embedder/embedder.h"
#include "backends/embedder/minilm/encoder.h"

namespace soma::backends {

struct LocalEmbedderOptions {
    std::filesystem::path directory;  ///< holds model.safetensors and vocab.txt
    Precision precision = Precision::int8;
    std::size_t threads = 0;        ///< and workspaces; 0: one a core
    std::size_t queue_limit = 256;  ///< texts waiting for a thread; more are refused
};

/// all-MiniLM-L6-v2, as many texts at once as there are workspaces. A single text that finds one
/// free and nobody waiting is computed by its caller, whom waking another thread and being woken
/// again would cost more; others wait in one queue for a pool of threads, first come first served.
/// A text is computed by itself on one thread: joining several into one product was measured to
/// gain nothing (README), so no text waits for company and none depends on its neighbours.
class LocalEmbedder final : public Embedder {
  public:
    /// Throws Error (unavailable, one line of reason) when the model cannot be used.
    explicit LocalEmbedder(const LocalEmbedderOptions& options);
    /// Texts still waiting are answered with `unavailable`.
    ~LocalEmbedder() override;
    LocalEmbedder(const LocalEmbedder&) = delete;
    LocalEmbedder& operator=(const LocalEmbedder&) = delete;

    std::string_view model() const override { return model_->name(); }
    std::size_t dimension() const override { return MiniLm::kDimension; }
    std::size_t count_pieces(std::string_view text) const override;
    std::size_t max_pieces() const override { return MiniLm::kMaxTokens - 2; }
    std::vector<float> embed(std::string_view text, const Deadline& deadline) override;
    /// Keeps at most two texts a thread in the queue, so that a long import does not hold up
    /// queries.
    std::vector<std::vector<float>> embed_many(std::span<const std::string> texts,
                                               const Deadline& deadline) override;
    EmbedderStats stats() const override;

    std::size_t threads() const { return workers_.size(); }

  private:
    struct Job {
        std::vector<WordPiece::Id> ids;
        Deadline deadline;
        std::promise<std::vector<float>> done;
    };
    using Result = std::future<std::vector<float>>;
    class Borrowed;

    Result submit(std::vector<WordPiece::Id> ids, const Deadline& deadline);
    std::vector<float> wait(Result& result, const Deadline& deadline);
    void work();
    void run(Job& job, MiniLm::Workspace& workspace);
    std::vector<float> compute(std::span<const WordPiece::Id> ids, const Deadline& deadline,
                               MiniLm::Workspace& workspace);

    std::unique_ptr<MiniLm> model_;
    std::size_t queue_limit_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job> queue_;
    std::vector<MiniLm::WorkspacePointer> free_;  ///< the one used last is at the back
    bool stopping_ = false;
    EmbedderCounters counters_;
    std::vector<std::thread> workers_;
};

}  // namespace soma::backends
