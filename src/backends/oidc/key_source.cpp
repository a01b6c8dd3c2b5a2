#include "backends/oidc/key_source.h"

#include <sys/stat.h>

#include <fstream>
#include <utility>

#include "base/error.h"

namespace soma::backends {

KeySource::KeySource(KeySourceConfig config) : config_(std::move(config)) {
    if (!config_.file.empty()) {
        refresh(Deadline(config_.fetch_timeout));
        if (set_ == nullptr) {
            throw Error(ErrorKind::invalid_argument, "the issuer's key set cannot be read",
                        config_.file);
        }
    }
}

std::shared_ptr<const KeySet> KeySource::current(const Deadline& deadline) {
    if (due(Clock::now())) {
        std::unique_lock reader(reading_, std::defer_lock);
        // While another thread reads, a set at hand is good enough; without one we wait for it.
        if (snapshot() == nullptr) {
            reader.lock();
        }
        if ((reader.owns_lock() || reader.try_lock()) && due(Clock::now())) {
            refresh(deadline);
        }
    }
    auto known = snapshot();
    if (known == nullptr) {
        throw Error(ErrorKind::unavailable, "the issuer's keys are unavailable", config_.url);
    }
    return known;
}

std::shared_ptr<const KeySet> KeySource::look_again(std::shared_ptr<const KeySet> known,
                                                    const Deadline& deadline) {
    const std::lock_guard reader(reading_);
    bool allowed = false;
    {
        const std::lock_guard lock(mutex_);
        allowed = set_ == known && Clock::now() - tried_at_ >= config_.pause;
    }
    if (allowed) {
        refresh(deadline);
    }
    auto fresh = snapshot();
    return fresh == nullptr ? known : fresh;
}

std::shared_ptr<const KeySet> KeySource::snapshot() const {
    const std::lock_guard lock(mutex_);
    if (set_ != nullptr && config_.file.empty() && Clock::now() - read_at_ > config_.max_stale) {
        return nullptr;
    }
    return set_;
}

bool KeySource::due(Clock::time_point now) const {
    const std::lock_guard lock(mutex_);
    if (!config_.file.empty()) {
        return !(file_stamp() == stamp_);
    }
    const bool rested = !tried_ || now - tried_at_ >= config_.pause;
    return rested && (set_ == nullptr || now - read_at_ >= config_.max_age);
}

void KeySource::refresh(const Deadline& deadline) {
    // The stamp is taken before the read: a change in between shows as another stamp next time.
    const Stamp stamp = file_stamp();
    std::optional<std::vector<PublicKey>> keys;
    std::string text;
    try {
        text = read(deadline);
        keys = parse_key_set(text);
    } catch (const Error&) {
        // Counts as a read without result: the last good set stays.
    }
    const std::lock_guard lock(mutex_);
    tried_ = true;
    tried_at_ = Clock::now();
    stamp_ = stamp;
    if (!keys) {
        return;
    }
    read_at_ = tried_at_;
    if (set_ == nullptr || text != text_) {
        const std::uint64_t generation = set_ == nullptr ? 1 : set_->generation + 1;
        set_ = std::make_shared<const KeySet>(KeySet{std::move(*keys), generation});
        text_ = std::move(text);
    }
}

std::string KeySource::read(const Deadline& deadline) const {
    if (config_.file.empty()) {
        HttpRequest request;
        request.url = config_.url;
        request.ca_file = config_.ca_file;
        request.max_answer_bytes = kMaxKeySetBytes;
        const auto answer =
            http_.send(request, Deadline(std::min(deadline.remaining(), config_.fetch_timeout)));
        return answer.status == 200 ? answer.body : std::string();
    }
    std::ifstream file(config_.file, std::ios::binary);
    std::string text(kMaxKeySetBytes + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

KeySource::Stamp KeySource::file_stamp() const {
    struct stat status {};
    if (config_.file.empty() || ::stat(config_.file.c_str(), &status) != 0) {
        return {};
    }
    return {status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ino, status.st_size};
}

}  // namespace soma::backends
