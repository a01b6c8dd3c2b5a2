#pragma once
#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "domain/ledger/buffered_event.h"
#include "domain/ledger/plan.h"
#include "domain/ledger/position.h"
#include "support/postgres/intents.h"

namespace soma::domain::model {

/// What the model may be told to do wrong: each must be found out.
enum class Bug {
    none,
    written_before_marked,   ///< the event leaves for the buffer, then is marked
    retried_without_marks,   ///< a plan under the log's lock does not ask for marks
    presumed_without_marks,  ///< a plan that presumes its position does not either
    seen_not_asked,          ///< a replay does not ask which events the ledger has
    asked_before_the_lock,   ///< or asks before it holds the log's lock
    deleted_before_commit,   ///< entries go once their transaction is sent
};

/// Committers of two processes, one PostgreSQL and one buffer, one step at a time in any order:
/// what services/commit and services/replay do between their waits, on the plans that they make.
class World {
  public:
    World(std::uint64_t seed, Bug bug) : dice_(seed), bug_(bug) {}

    /// Runs so many random steps, then lets everything end. What is wrong then, in words.
    std::string run(int steps) {
        for (int i = 0; i < steps; ++i) {
            step(true);
        }
        for (int i = 0; i < 100'000 && !at_rest(); ++i) {
            step(false);
        }
        return at_rest() ? judge() : "it never came to rest";
    }

  private:
    enum class Waits { for_ledger, straight, marked, answered, refused };
    struct Answer {
        std::shared_ptr<AnswerRecord> record;
        Waits state = Waits::for_ledger;
    };
    struct Group {
        std::vector<Intent> intents;
        std::vector<std::size_t> answers;  ///< of each intent; none of a replay
        std::vector<std::size_t> entries;  ///< of the buffer, that a replay has read
    };
    struct Sent {
        Group group;
        Plan plan;
        bool presumed = false;
        std::uint64_t size_before = 0;
        std::optional<bool> done;  ///< what the server made of it
    };
    struct Process {
        std::deque<Group> queue;
        std::deque<Group> redo;
        std::deque<Sent> flights;     ///< the session's, in order
        std::optional<Group> locked;  ///< holds the log's lock, and has read
        Findings found;
        Position position;
        bool asks = true;
        bool replays = false;
    };

    std::size_t roll(std::size_t below) { return dice_() % below; }

    void step(bool more) {
        Process& process = processes_[roll(2)];
        switch (roll(12)) {
            case 0:
                if (more) ask(process);
                break;
            case 1:
            case 2:
                give_up_or_write();
                break;
            case 3:
                begin_replay(process);
                break;
            case 4:
                if (more && roll(4) == 0) cut(process);
                break;
            case 5:
                let_orphan_end();
                break;
            case 6:
            case 7:
                plan(process);
                break;
            case 8:
            case 9:
                serve(process);
                break;
            default:
                hear(process);
        }
    }

    void ask(Process& process) {
        EventDraft event;
        event.id = test::IntentBuilder::new_id();
        event.action = "recall";
        answers_.push_back({std::make_shared<AnswerRecord>(event)});
        if (roll(6) == 0) {  // an outage is known: straight into the buffer
            answers_.back().state = Waits::straight;
            return;
        }
        Intent intent{.tenant = tenant_, .now = Time{}, .deadline = far_};
        intent.answered = answers_.back().record;
        Group group;
        group.intents.push_back(std::move(intent));
        group.answers.push_back(answers_.size() - 1);
        process.queue.push_back(std::move(group));
    }

    /// A caller's next step on its way into the buffer.
    void give_up_or_write() {
        if (answers_.empty()) return;
        Answer& answer = answers_[roll(answers_.size())];
        const bool swapped = bug_ == Bug::written_before_marked;
        if (answer.state == Waits::for_ledger) {
            swapped ? write(answer) : mark(answer);
            answer.state = Waits::marked;
        } else if (answer.state == Waits::marked || answer.state == Waits::straight) {
            swapped&& answer.state == Waits::marked ? mark(answer) : write(answer);
            answer.state = roll(5) == 0 ? Waits::refused : Waits::answered;  // its answer was lost
        }
    }
    static void mark(Answer& answer) { answer.record->elsewhere = true; }
    void write(const Answer& answer) {
        EventDraft event = answer.record->event;
        event.tenant = tenant_.tenant;
        for (std::size_t times = roll(8) == 0 ? 2 : 1; times > 0; --times) {
            buffer_[next_entry_++] = encode_buffered(event, Time{});
        }
    }

    void begin_replay(Process& process) {
        if (process.replays || buffer_.empty()) return;
        Group group;
        group.intents.push_back({.tenant = {}, .now = Time{}, .deadline = far_});
        auto& replay = group.intents[0].replay.emplace();
        replay.streams.emplace(tenant_.tenant, tenant_.access);
        for (const auto& [entry, bytes] : buffer_) {
            if (group.entries.size() == 3) break;
            replay.events.push_back(std::get<BufferedEvent>(parse_buffered(bytes)));
            group.entries.push_back(entry);
        }
        process.replays = true;
        process.queue.push_back(std::move(group));
    }

    /// Takes a group and plans it as the committer does: sent at once, or read under the lock
    /// first.
    void plan(Process& process) {
        if (process.locked) {
            send_locked(process);
            return;
        }
        if (!process.redo.empty()) {
            if (process.flights.empty()) lock(process, process.redo);
            return;
        }
        if (process.queue.empty()) return;
        merge(process.queue);
        const Group& group = process.queue.front();
        auto found = presume(questions(group.intents), process.position);
        if (process.asks || !found) {
            if (process.flights.empty()) lock(process, process.queue);
            return;
        }
        if (process.flights.size() == 2) return;
        if (bug_ != Bug::presumed_without_marks) {
            found->elsewhere = put_elsewhere(group.intents);
        }
        Plan made = make_plan(group.intents, *found);
        advance(process.position, *found, made);
        process.flights.push_back(
            {std::move(process.queue.front()), std::move(made), true, found->log_size, {}});
        process.queue.pop_front();
    }
    void merge(std::deque<Group>& queue) {
        while (queue.size() > 1 && roll(2) == 0 && !comes_alone(queue[0].intents[0]) &&
               !comes_alone(queue[1].intents[0])) {
            queue[0].intents.push_back(std::move(queue[1].intents[0]));
            queue[0].answers.push_back(queue[1].answers[0]);
            queue.erase(queue.begin() + 1);
        }
    }
    void lock(Process& process, std::deque<Group>& from) {
        if (lock_ != nullptr) {
            // Waits; what it reads too early it has read now.
            if (!early_) early_ = ids_;
            return;
        }
        lock_ = &process;
        process.locked = std::move(from.front());
        from.pop_front();
        process.found = {log_, size_, {{tenant_.access, size_}}, {}};
        if (bug_ == Bug::asked_before_the_lock && early_) {
            process.found.seen = *early_;
        } else if (bug_ != Bug::seen_not_asked && process.locked->intents[0].replay) {
            process.found.seen = ids_;
        }
        early_.reset();
    }
    void send_locked(Process& process) {
        if (bug_ != Bug::retried_without_marks) {
            process.found.elsewhere = put_elsewhere(process.locked->intents);
        }
        Plan made = make_plan(process.locked->intents, process.found);
        if (bug_ == Bug::deleted_before_commit) erase(*process.locked);
        process.flights.push_back({std::move(*process.locked), std::move(made), false, size_, {}});
        process.locked.reset();
    }

    /// The server's part: the oldest transaction it has not carried out.
    void serve(Process& process) {
        for (Sent& sent : process.flights) {
            if (!sent.done) {
                carry_out(sent, &process);
                return;
            }
        }
    }
    void carry_out(Sent& sent, const Process* session) {
        if (sent.presumed && lock_ != nullptr) return;  // waits for the log's row
        if (sent.presumed && sent.size_before != size_ && !sent.plan.events.empty()) {
            sent.done = false;
            return;
        }
        for (const PlannedEvent& event : sent.plan.events) {
            doubled_ = doubled_ || !ids_.insert(event.draft.id).second;
            dense_ = dense_ && event.stream_sequence == ++size_;
        }
        sent.done = true;
        if (!sent.presumed && lock_ == session) lock_ = nullptr;
    }

    void hear(Process& process) {
        if (process.flights.empty() || !process.flights.front().done) return;
        Sent sent = std::move(process.flights.front());
        process.flights.pop_front();
        if (*sent.done) {
            if (!sent.presumed) {
                advance(process.position, process.found, sent.plan);
                process.asks = false;
            }
            tell(sent.group, process);
            return;
        }
        process.position = {};
        process.asks = true;
        process.redo.push_back(std::move(sent.group));
    }
    void tell(const Group& group, Process& process) {
        if (group.intents[0].replay) {
            if (bug_ != Bug::deleted_before_commit) erase(group);
            process.replays = false;
        }
        for (const std::size_t place : group.answers) {
            Answer& answer = answers_[place];
            if (answer.state == Waits::for_ledger) answer.state = Waits::answered;
        }
    }
    void erase(const Group& group) {
        for (const std::size_t entry : group.entries) buffer_.erase(entry);
    }

    /// The session is lost: what had been sent may still be carried out, now or later, or never.
    void cut(Process& process) {
        if (process.locked) {
            lock_ = nullptr;
            process.redo.push_back(std::move(*process.locked));
            process.locked.reset();
        }
        for (Sent& sent : process.flights) {
            if (sent.group.intents[0].replay) process.replays = false;
            if (!sent.done) {
                const bool locks = !sent.presumed;
                orphans_.emplace_back(std::move(sent), locks ? &process : nullptr);
            }
        }
        process.flights.clear();
        process.position = {};
        process.asks = true;
    }
    void let_orphan_end() {
        if (orphans_.empty()) return;
        auto& [sent, locker] = orphans_.front();
        if (roll(2) == 0) {
            carry_out(sent, locker);
            if (!sent.done) return;
        } else if (locker != nullptr) {
            lock_ = nullptr;
        }
        orphans_.pop_front();
    }

    bool at_rest() const {
        const auto idle = [](const Process& process) {
            return process.queue.empty() && process.redo.empty() && process.flights.empty() &&
                   !process.locked;
        };
        const auto settled = [](const Answer& answer) {
            return answer.state == Waits::answered || answer.state == Waits::refused;
        };
        return idle(processes_[0]) && idle(processes_[1]) && orphans_.empty() && buffer_.empty() &&
               std::all_of(answers_.begin(), answers_.end(), settled);
    }
    std::string judge() const {
        for (const Answer& answer : answers_) {
            if (answer.state == Waits::answered && !ids_.contains(answer.record->event.id)) {
                return "an answer without its event";
            }
        }
        return doubled_ ? "an event came twice" : dense_ ? "" : "a sequence is missing";
    }

    std::mt19937_64 dice_;
    const Bug bug_;
    const TenantStreams tenant_{test::IntentBuilder::new_id(), test::IntentBuilder::new_id(),
                                test::IntentBuilder::new_id()};
    const Deadline far_{std::chrono::hours(1)};
    Process processes_[2];
    std::deque<Answer> answers_;
    std::deque<std::pair<Sent, Process*>> orphans_;

    const Uuid log_ = test::IntentBuilder::new_id();
    std::set<Uuid> ids_;  ///< of the ledger's events
    std::uint64_t size_ = 0;
    bool doubled_ = false;
    bool dense_ = true;
    const Process* lock_ = nullptr;  ///< who holds the log's row
    std::optional<std::set<Uuid>> early_;
    std::map<std::size_t, std::string> buffer_;
    std::size_t next_entry_ = 0;
};

}  // namespace soma::domain::model
