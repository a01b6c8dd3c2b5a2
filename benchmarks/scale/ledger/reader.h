#pragma once
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "ledger/figures.h"
#include "services/relay/follower.h"
#include "telemetry/metrics.h"

namespace soma::bench {

/// The checked consumer: soma.audit from its beginning, in a thread of its own. A gap or an event
/// out of order ends it; indices are ticked off, so that what never came is seen, too.
class CheckedReader {
  public:
    explicit CheckedReader(const backends::KafkaSettings& settings)
        : follower_(settings, domain::Topic::audit), thread_([this] { run(); }) {}
    ~CheckedReader() { stop(); }
    CheckedReader(const CheckedReader&) = delete;
    CheckedReader& operator=(const CheckedReader&) = delete;

    std::uint64_t count() const { return count_; }
    /// False: they did not come in time.
    bool wait_for(std::uint64_t events, std::chrono::seconds patience) const {
        const Deadline deadline(patience);
        while (count_ < events && !broken_ && !deadline.passed()) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return count_ >= events;
    }
    void stop() {
        stopping_ = true;
        if (thread_.joinable()) {
            thread_.join();
        }
    }

    // After stop():
    /// From the event's time, which is its request's, to here; seconds, in order of arrival.
    std::vector<double>& lags() { return lags_; }
    std::uint64_t doubled() const { return follower_.repeated() + twice_; }
    std::uint64_t lost(std::uint64_t size) const {
        std::uint64_t seen = 0;
        for (std::uint64_t i = 0; i < std::min<std::uint64_t>(size, seen_.size()); ++i) {
            seen += seen_[i] ? 1 : 0;
        }
        return size - seen;
    }
    const std::string& trouble() const { return trouble_; }

  private:
    void run() {
        try {
            while (!stopping_) {
                if (const auto event = follower_.next(std::chrono::milliseconds(50))) {
                    note(*event);
                }
            }
        } catch (const Error& error) {
            trouble_ = error.public_message() + ": " + error.detail();
            broken_ = true;
        }
    }
    void note(const services::FollowedEvent& event) {
        const std::uint64_t index = event.record.mark.log_index;
        if (seen_.size() <= index) {
            seen_.resize(2 * index + 1'000);
        }
        twice_ += seen_[index] ? 1 : 0;
        seen_[index] = true;
        static constexpr std::string_view kTime = "\"time\":\"";
        const auto at = event.body.find(kTime) + kTime.size();
        const auto time = parse_rfc3339(event.body.substr(at, event.body.find('"', at) - at));
        lags_.push_back(std::chrono::duration<double>(wall_clock_now() - *time).count());
        ++count_;
    }

    services::EventFollower follower_;
    std::vector<bool> seen_;
    std::vector<double> lags_;
    std::uint64_t twice_ = 0;
    std::string trouble_;
    std::atomic<std::uint64_t> count_ = 0;
    std::atomic<bool> broken_ = false;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

}  // namespace soma::bench
