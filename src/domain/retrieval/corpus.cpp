#include "domain/retrieval/corpus.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <tuple>

#include "base/error.h"
#include "domain/retrieval/text.h"

namespace soma::domain {
namespace {

std::optional<Time> occurred_at_of(const Record& record) {
    return record.facts().occurred_at;
}

// A memory with more members of metadata than this is asked by reading them: lists of a few bytes
// each would take a hundred times the room of the text they stand for.
constexpr std::size_t max_listed_members = 64;

// Timed memories are gone through again when this many more have come.
constexpr std::size_t timed_between_settling = 64;

Error refused(const char* why) {
    return {ErrorKind::internal, "internal error", why};
}

}  // namespace

void Corpus::add(const Memory& memory) {
    if (memory.passages.empty() || slots_by_id_.contains(memory.facts.id)) {
        throw refused("index: a memory without passages, or one that is there already");
    }
    if (!vectors_) {
        vectors_.emplace(memory.passages.front().vector.dimension());
    }
    for (const Passage& passage : memory.passages) {
        if (passage.vector.dimension() != vectors_->dimension()) {
            throw refused("index: a vector of another dimension");
        }
    }
    if (rows_.size() - free_rows_.size() + memory.passages.size() > Postings::max_rows) {
        throw refused("index: more passages than a tenant may have");
    }

    const Slot slot = take_slot();
    Entry& entry = entries_[slot];
    entry.id = memory.facts.id;
    entry.sequence = memory.facts.sequence;
    entry.when = memory.facts.occurred_at.value_or(memory.facts.created_at);
    entry.turn = memory.facts.turn ? std::int64_t{*memory.facts.turn} : -1;
    entry.speaker = speakers_.use(memory.content.speaker);
    entry.session = sessions_.use(memory.content.session_id);
    entry.record = Record(memory);
    record_bytes_ += entry.record.bytes();
    slots_by_id_.emplace(entry.id, slot);
    if (memory.facts.superseded_by) {
        supersessions_[slot] = {*memory.facts.superseded_by,
                                memory.facts.superseded_sequence.value_or(0),
                                memory.facts.superseded_at.value_or(Time::max()),
                                memory.facts.valid_to.value_or(Time::max())};
    }
    columns_.put(slot, memory.facts);
    bool unlisted = false;
    values_.add(slot, values_of(memory.facts, memory.content, &unlisted));
    if (unlisted) {
        unlisted_.push_back(slot);
    }
    add_rows(slot, memory);
    enter_session(slot);
    latest_ = std::max(latest_, memory.facts.created_at);
    enter_time(slot);
    for (const Link& link : memory.links) {
        links_.put(link);
    }
}

std::vector<NamedValue> Corpus::values_of(const MemoryFacts& facts, const MemoryContent& content,
                                          bool* unlisted) const {
    std::vector<NamedValue> values = text_values(facts, content);
    std::vector<NamedValue> members = metadata_values(content.metadata);
    *unlisted = members.size() > max_listed_members;
    if (!*unlisted) {
        std::move(members.begin(), members.end(), std::back_inserter(values));
    }
    return values;
}

Corpus::Slot Corpus::take_slot() {
    if (free_slots_.empty()) {
        entries_.emplace_back();
        places_.emplace_back();
        return static_cast<Slot>(entries_.size() - 1);
    }
    const Slot slot = free_slots_.back();
    free_slots_.pop_back();
    entries_[slot] = Entry{};
    places_[slot] = Place{};
    return slot;
}

std::uint32_t Corpus::take_row() {
    if (free_rows_.empty()) {
        rows_.emplace_back();
        standing_.resize(rows_.size());
        return static_cast<std::uint32_t>(rows_.size() - 1);
    }
    const std::uint32_t number = free_rows_.back();
    free_rows_.pop_back();
    return number;
}

void Corpus::add_rows(Slot slot, const Memory& memory) {
    std::uint32_t& first_row = places_[slot].first_row;
    for (std::size_t i = memory.passages.size(); i-- > 0;) {
        const Passage& passage = memory.passages[i];
        const std::uint32_t number = take_row();
        rows_[number] = {slot, first_row, static_cast<std::uint32_t>(i)};
        first_row = number;
        vectors_->put(number, passage.vector);
        postings_.add(number, lexical_terms(lexical_text(
                                  memory.facts.occurred_at, memory.content.speaker,
                                  std::string_view(memory.content.text)
                                      .substr(passage.begin, passage.end - passage.begin))));
    }
}

bool Corpus::remove(const Uuid& id) {
    links_.remove(id);  // Of one that could not be loaded, too.
    const auto found = slots_by_id_.find(id);
    if (found == slots_by_id_.end()) {
        return false;
    }
    const Slot slot = found->second;
    slots_by_id_.erase(found);
    leave_session(slot);
    leave_timed(slot);
    stand(slot, false);
    Entry& entry = entries_[slot];
    bool unlisted = false;
    values_.remove(slot, values_of(entry.record.facts(), entry.record.content(0, 0), &unlisted));
    if (unlisted) {
        std::erase(unlisted_, slot);
    }
    for (std::uint32_t number = places_[slot].first_row; number != nothing;) {
        // The terms are made again from the text: keeping them would cost more than all postings.
        postings_.remove(number, terms_of(entry, entry.record.passage_text(rows_[number].passage)));
        const std::uint32_t next = rows_[number].next_row;
        rows_[number] = {};
        free_rows_.push_back(number);
        number = next;
    }
    record_bytes_ -= entry.record.bytes();
    speakers_.release(entry.speaker);
    sessions_.release(entry.session);
    supersessions_.erase(slot);
    entry = {};
    places_[slot] = {};
    free_slots_.push_back(slot);
    return true;
}

std::vector<std::string> Corpus::terms_of(const Entry& entry, std::string_view passage_text) const {
    return lexical_terms(
        lexical_text(occurred_at_of(entry.record), entry.record.speaker(), passage_text));
}

bool Corpus::supersede(const Uuid& old, const Supersession& by) {
    const auto slot = find(old);
    if (!slot) {
        return false;
    }
    supersessions_[*slot] = by;
    columns_.put_valid_to(*slot, by.valid_to);
    latest_ = std::max(latest_, by.at);
    leave_timed(*slot);
    enter_time(*slot);
    return true;
}

// Sessions -------------------------------------------------------------------------------------

void Corpus::enter_session(Slot slot) {
    Entry& entry = entries_[slot];
    if (entry.session == nothing) {
        return;
    }
    if (turns_.size() <= entry.session) {
        turns_.resize(std::size_t{entry.session} + 1);
    }
    std::vector<Slot>& turns = turns_[entry.session];
    const auto place = std::upper_bound(turns.begin(), turns.end(), slot, [&](Slot a, Slot b) {
        return std::tie(entries_[a].turn, entries_[a].sequence) <
               std::tie(entries_[b].turn, entries_[b].sequence);
    });
    Place& here = places_[slot];
    here.previous = place == turns.begin() ? nothing : *(place - 1);
    here.next = place == turns.end() ? nothing : *place;
    if (here.previous != nothing) {
        places_[here.previous].next = slot;
    }
    if (here.next != nothing) {
        places_[here.next].previous = slot;
    }
    turns.insert(place, slot);
}

void Corpus::leave_session(Slot slot) {
    const Entry& entry = entries_[slot];
    if (entry.session == nothing) {
        return;
    }
    const Place& here = places_[slot];
    if (here.previous != nothing) {
        places_[here.previous].next = here.next;
    }
    if (here.next != nothing) {
        places_[here.next].previous = here.previous;
    }
    std::vector<Slot>& turns = turns_[entry.session];
    const auto place = std::lower_bound(turns.begin(), turns.end(), slot, [&](Slot a, Slot b) {
        return std::tie(entries_[a].turn, entries_[a].sequence) <
               std::tie(entries_[b].turn, entries_[b].sequence);
    });
    SOMA_ASSERT(place != turns.end() && *place == slot, "a session lists its memories in order");
    turns.erase(place);
}

// Time -----------------------------------------------------------------------------------------

// Nobody's now is before the last write (not_before_last_write): what has ended by then is out for
// good and costs no scope anything, however many facts were replaced.
void Corpus::enter_time(Slot slot) {
    const Validity validity = this->validity(slot);
    const Timed timed{slot, validity.valid_from, std::min(validity.valid_to, validity.expires_at)};
    const bool stands = timed.from < timed.until && latest_ < timed.until;
    stand(slot, stands);
    if (!stands || (timed.from <= latest_ && timed.until == Time::max())) {
        return;
    }
    timed_places_.emplace(slot, timed_.size());
    timed_.push_back(timed);
    if (timed_.size() > 2 * settled_ + timed_between_settling) {
        settle_timed();
    }
}

void Corpus::settle_timed() {
    const std::vector<Timed> all = timed_;
    for (const Timed& timed : all) {
        if (timed.until <= latest_) {
            stand(timed.slot, false);
            leave_timed(timed.slot);
        } else if (timed.from <= latest_ && timed.until == Time::max()) {
            leave_timed(timed.slot);
        }
    }
    settled_ = timed_.size();
}

void Corpus::stand(Slot slot, bool stands) {
    for (std::uint32_t number = places_[slot].first_row; number != nothing;
         number = rows_[number].next_row) {
        if (stands) {
            standing_.set(number);
        } else {
            standing_.reset(number);
        }
    }
}

void Corpus::leave_timed(Slot slot) {
    const auto found = timed_places_.find(slot);
    if (found == timed_places_.end()) {
        return;
    }
    const std::size_t place = found->second;
    timed_places_.erase(found);
    if (place + 1 < timed_.size()) {
        timed_[place] = timed_.back();
        timed_places_[timed_[place].slot] = place;
    }
    timed_.pop_back();
}

Validity Corpus::validity(Slot slot) const {
    Validity validity = columns_.validity(slot);
    if (const auto found = supersessions_.find(slot); found != supersessions_.end()) {
        const MemoryFacts facts = this->facts(slot);
        validity.superseded_sequence = found->second.sequence;
        validity.superseded_at = found->second.at;
        validity.given_valid_to = facts.given_valid_to.value_or(Time::max());
    }
    return validity;
}

// Whether one that was recorded later under its key is in scope. The one that took its key is true
// only from where it ends, but one after that may have an earlier beginning. Those are found by the
// key: a chain of successors would end where one of them was deleted.
bool Corpus::is_overtaken(Slot slot, const TimeScope& time) const {
    if (!supersessions_.contains(slot) || !is_superseded(validity(slot), time)) {
        return false;
    }
    const Entry& entry = entries_[slot];
    const auto of_key = values_.equal("key", std::string(entry.record.key()));
    // The newest first: it is the one most likely in scope.
    return std::any_of(of_key.rbegin(), of_key.rend(), [&](Slot other) {
        return entries_[other].sequence > entry.sequence && in_scope(validity(other), time);
    });
}

math::Bitmap Corpus::scope(TimeScope time, const math::Bitmap* filter) const {
    time.now = not_before_last_write(time.now);
    math::Bitmap scope;
    if (time.valid_at || time.as_of || time.at_any_time) {
        math::Bitmap slots(entries_.size());
        for (Slot slot = 0; slot < entries_.size(); ++slot) {
            if (places_[slot].first_row != nothing && in_scope(validity(slot), time) &&
                (time.at_any_time || !is_overtaken(slot, time))) {
                slots.set(slot);
            }
        }
        scope = rows_of(slots);
    } else {
        scope = standing_;
        for (const Timed& timed : timed_) {
            if (timed.from <= time.now && time.now < timed.until &&
                !is_overtaken(timed.slot, time)) {
                continue;
            }
            for (std::uint32_t number = places_[timed.slot].first_row; number != nothing;
                 number = rows_[number].next_row) {
                scope.reset(number);
            }
        }
    }
    if (filter != nullptr) {
        scope.intersect(*filter);
    }
    return scope;
}

math::Bitmap Corpus::rows_of(const math::Bitmap& slots) const {
    math::Bitmap out(rows_.size());
    for (std::size_t w = 0; w < out.word_count(); ++w) {
        const std::size_t first = w * 64;
        const std::size_t end = std::min<std::size_t>(64, rows_.size() - first);
        std::uint64_t word = 0;
        for (std::size_t bit = 0; bit < end; ++bit) {
            const Slot slot = rows_[first + bit].slot;
            word |= static_cast<std::uint64_t>(slot != nothing && slots.test(slot)) << bit;
        }
        out.set_word(w, word);
    }
    return out;
}

// Reading --------------------------------------------------------------------------------------

std::optional<Corpus::Slot> Corpus::find(const Uuid& id) const {
    const auto found = slots_by_id_.find(id);
    return found == slots_by_id_.end() ? std::nullopt : std::optional<Slot>(found->second);
}

MemoryFacts Corpus::facts(Slot slot) const {
    MemoryFacts facts = entries_[slot].record.facts();
    const auto found = supersessions_.find(slot);
    if (found != supersessions_.end() && !facts.superseded_by) {
        domain::supersede(facts, found->second);
    }
    return facts;
}

MemoryContent Corpus::content(Slot slot, std::uint32_t passage) const {
    return entries_[slot].record.content(passage, max_answer_text_bytes);
}

bool Corpus::truncated(Slot slot, std::uint32_t passage) const {
    return entries_[slot].record.is_longer_than(passage, max_answer_text_bytes);
}

math::QuantizedVector Corpus::vector(Slot slot, std::uint32_t passage) const {
    std::uint32_t number = places_[slot].first_row;
    while (rows_[number].passage != passage) {
        number = rows_[number].next_row;
    }
    return vectors_->get(number);
}

std::vector<std::uint32_t> Corpus::speakers_named(std::string_view query,
                                                  const math::Bitmap& scope) const {
    std::vector<std::uint32_t> named = speakers_.occurring_in(query);
    // One pass for all of them, which ends when each was met: the query may name many.
    std::vector<bool> missing(speakers_.end(), false);
    for (const std::uint32_t speaker : named) {
        missing[speaker] = true;
    }
    std::size_t left = named.size();
    for (std::size_t w = 0; w < scope.word_count() && left > 0; ++w) {
        for (std::uint64_t rest = scope.word(w); rest != 0 && left > 0; rest &= rest - 1) {
            const Row& row = rows_[w * 64 + static_cast<std::size_t>(std::countr_zero(rest))];
            const std::uint32_t speaker = entries_[row.slot].speaker;
            if (speaker != nothing && missing[speaker]) {
                missing[speaker] = false;
                --left;
            }
        }
    }
    std::erase_if(named, [&](std::uint32_t speaker) { return missing[speaker]; });
    return named;
}

std::string Corpus::strip_names(std::string_view query, const TimeScope& time) const {
    std::vector<std::string_view> names;
    for (const std::uint32_t speaker : speakers_named(query, scope(time))) {
        names.push_back(speakers_.name(speaker));
    }
    return without_names(query, names);
}

std::size_t Corpus::structure_bytes() const {
    constexpr std::size_t map_node = 56;  // a node, its allocation and its bucket
    std::size_t total = slots_by_id_.size() * map_node + entries_.capacity() * sizeof(Entry) +
                        places_.capacity() * sizeof(Place) + rows_.capacity() * sizeof(Row) +
                        standing_.bytes() + postings_.bytes() + speakers_.bytes() +
                        sessions_.bytes() + timed_.capacity() * sizeof(Timed) +
                        timed_places_.size() * map_node +
                        supersessions_.size() * (map_node + sizeof(Supersession)) +
                        columns_.bytes() + values_.bytes() +
                        (free_slots_.capacity() + free_rows_.capacity() + unlisted_.capacity()) *
                            sizeof(std::uint32_t);
    total += turns_.capacity() * sizeof(std::vector<Slot>) + entries_.size() * sizeof(Slot);
    return links_.bytes() + total + (vectors_ ? vectors_->bytes() : 0);
}

}  // namespace soma::domain
