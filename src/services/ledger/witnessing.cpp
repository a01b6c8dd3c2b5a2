#include "services/ledger/witnessing.h"

#include <algorithm>

#include "base/error.h"
#include "base/json/strict_json.h"
#include "domain/ledger/merkle/proof.h"
#include "domain/ledger/witness/protocol.h"
#include "services/ledger/subtree_source.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace soma::services {
namespace {

constexpr std::chrono::seconds kRoundTime{10};
/// The witness may tell us once or twice where it stands: after a crash, and after a race.
constexpr int kAttempts = 3;
constexpr int kNotFound = 404;

/// Refusals are counted by reason and end the attempt.
[[noreturn]] void refused(std::string_view reason, const std::string& message,
                          const std::string& detail = {}) {
    telemetry::metrics().counter("somabrain_ledger_witness_refusals_total", {reason}).Increment();
    throw Error(ErrorKind::conflict, message, detail);
}

std::optional<Time> time_of(std::string_view event) {
    const auto value = parse_strict_json(event);
    const auto* object = value ? value->if_object() : nullptr;
    const auto* time = object == nullptr ? nullptr : object->if_contains("time");
    return time != nullptr && time->is_string() ? parse_rfc3339(time->get_string()) : std::nullopt;
}

}  // namespace

void Witnessing::offer(std::optional<SignedTree> tree) {
    if (!has_witness()) {
        return;
    }
    {
        const std::scoped_lock lock(mutex_);
        due_ = tree.has_value();
        tree_ = std::move(tree);
        if (!tree_) {
            trouble_.clear();
        }
    }
    offered_.notify_all();
}

std::optional<backends::NoteRow> Witnessing::newest(const Uuid& log_id) const {
    const std::scoped_lock lock(mutex_);
    return witnessed_log_ == log_id ? witnessed_ : std::nullopt;
}

void Witnessing::remember(const Uuid& log_id, backends::NoteRow row) {
    telemetry::metrics()
        .gauge("somabrain_ledger_witnessed_leaves_count")
        .Set(static_cast<double>(row.size));
    const std::scoped_lock lock(mutex_);
    witnessed_log_ = log_id;
    witnessed_ = std::move(row);
}

void Witnessing::round(const Deadline& deadline) {
    const std::scoped_lock one(rounds_);
    std::optional<SignedTree> tree;
    {
        const std::scoped_lock lock(mutex_);
        tree = tree_;
    }
    if (!tree) {
        return;
    }
    try {
        witness(*tree, deadline);
        report("");
    } catch (const Error& error) {
        if (error.public_message() != health().trouble) {
            telemetry::log(error.kind() == ErrorKind::conflict ? telemetry::Level::error
                                                               : telemetry::Level::warn,
                           "a checkpoint is not witnessed",
                           {{"error", error.public_message()}, {"detail", error.detail()}});
        }
        report(error.public_message());
    }
}

void Witnessing::witness(const SignedTree& tree, const Deadline& deadline) {
    if (store_.log(deadline).id != tree.log.id) {
        return;  // restored meanwhile: whoever signs there will offer it
    }
    if (!newest(tree.log.id)) {
        remember(tree.log.id,
                 store_.newest_witnessed(tree.log, deadline).value_or(backends::NoteRow{}));
    }
    const std::uint64_t before = newest(tree.log.id)->size;
    if (before >= tree.size) {
        return;
    }
    if (const auto line = ask(tree, before, deadline)) {
        store_.store_cosignature(tree.log, tree.size, *line, wall_clock_now(), deadline);
        remember(tree.log.id, {tree.size, tree.note + *line});
        observe(tree, before, deadline);
    }
}

std::optional<std::string> Witnessing::ask(const SignedTree& tree, std::uint64_t old_size,
                                           const Deadline& deadline) {
    domain::AddCheckpoint asked{old_size, {}, domain::parse_note(tree.note), {}};
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        asked.proof = consistency_proof(asked.old_size, tree.size,
                                        subtree_source(store_, tree.log, deadline));
        backends::WitnessAnswer answer;
        try {
            answer = client_.add_checkpoint(
                asked, Deadline(std::min(settings_.answer_time, deadline.remaining())));
        } catch (const Error&) {
            telemetry::metrics()
                .counter("somabrain_ledger_witness_refusals_total", {"away"})
                .Increment();
            throw;
        }
        if (const auto* lines = std::get_if<backends::WitnessLines>(&answer)) {
            auto line = cosignature_line(asked.note, lines->text, settings_.keys);
            if (!line) {
                refused("not_its_own", "what the witness answers is not signed by its key");
            }
            return line;
        }
        if (const auto* other = std::get_if<backends::WitnessRefused>(&answer)) {
            if (other->status == kNotFound) {
                refused("unknown_log", "the witness was not told of this log");
            }
            refused("refused", "the witness refuses the checkpoint",
                    "status " + std::to_string(other->status));
        }
        const std::uint64_t size = std::get<backends::WitnessSize>(answer).size;
        if (size > tree.size) {
            const auto stored = store_.newest(tree.log, deadline);
            if (stored && stored->size >= size) {
                return std::nullopt;
            }
            refused("rollback", "the witness has cosigned more than this log has",
                    std::to_string(size) + " leaves, not " + std::to_string(tree.size));
        }
        if (size == asked.old_size) {
            refused("fork", "the witness has cosigned another tree of this size",
                    std::to_string(size) + " leaves");
        }
        asked.old_size = size;
    }
    throw Error(ErrorKind::unavailable, "the witness does not stay at one size");
}

void Witnessing::observe(const SignedTree& tree, std::uint64_t first_new,
                         const Deadline& deadline) {
    const auto oldest = time_of(store_.entries(tree.log, first_new, 1, deadline).front());
    if (oldest) {
        const std::chrono::duration<double> waited = wall_clock_now() - *oldest;
        telemetry::metrics()
            .histogram("somabrain_ledger_witnessed_seconds")
            .Observe(waited.count());
    }
}

void Witnessing::report(const std::string& trouble) {
    const std::scoped_lock lock(mutex_);
    trouble_ = tree_ ? trouble : "";
}

WitnessingHealth Witnessing::health() const {
    const std::scoped_lock lock(mutex_);
    return {witnessed_ ? witnessed_->size : 0, trouble_};
}

void Witnessing::start() {
    if (has_witness()) {
        thread_.start([this](const std::stop_token& stop) { run(stop); });
    }
}

void Witnessing::run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (offered_.wait(lock, stop, [this] { return due_; })) {
        due_ = false;
        lock.unlock();
        round(Deadline(kRoundTime));
        if (!health().trouble.empty()) {
            if (!pause(stop, settings_.again)) {
                return;
            }
            lock.lock();
            due_ = tree_.has_value();
        } else {
            lock.lock();
        }
    }
}

}  // namespace soma::services
