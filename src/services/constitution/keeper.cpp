#include "services/constitution/keeper.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/error.h"
#include "domain/constitution/copy.h"
#include "domain/constitution/envelope.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace soma::services {
namespace {

using domain::Chain;
using domain::LawRefusal;
using domain::RefusalReason;

/// Where Redis keeps the newest version's envelope.
constexpr std::string_view kCopy = "soma:constitution:active";
/// A projection: it is written anew whenever it is not there.
constexpr std::chrono::seconds kCopyLife{24 * 3600};

LawRefusal disagreement(std::string message) {
    return {RefusalReason::disagreement, std::move(message)};
}

std::string words(const LawRefusal& refusal) {
    return std::string(domain::reason_name(refusal.reason)) + ": " + refusal.message;
}

telemetry::Gauge& verified_gauge() {
    static auto& gauge = telemetry::metrics().gauge("somabrain_constitution_verified");
    return gauge;
}

std::optional<domain::SignedVersion> read_copy(backends::RedisCache& copies) {
    auto decoded = domain::decode_signed(copies.get(kCopy).value_or(""));
    auto* copy = std::get_if<domain::SignedVersion>(&decoded);
    return copy == nullptr ? std::nullopt : std::optional(std::move(*copy));
}

/// A step towards the law in force, taken between `began` and now.
void log_step(telemetry::EventName event, const Chain& chain, Time began) {
    telemetry::log(telemetry::Level::info, event,
                   {{"version", chain.version()},
                    {"law", to_hex(chain.hash(chain.version()))},
                    {"began", format_rfc3339(began)}});
}

/// From the outside the reason is a dependency's state: try again, or call an operator.
Error untrusted(const LawRefusal& refusal) {
    return {ErrorKind::unavailable, "the constitution does not verify: " + words(refusal)};
}

}  // namespace

std::shared_ptr<const Chain> LawKeeper::refresh(const Deadline& deadline) {
    const std::scoped_lock lock(refreshing_);
    const auto begin = std::chrono::steady_clock::now();
    const Time began = wall_clock_now();
    auto verified = verify(deadline);
    if (const auto* refusal = std::get_if<LawRefusal>(&verified)) {
        withdraw(*refusal, began);
    }
    put_in_force(std::get<Verified>(verified), began, deadline);
    heal_copy(std::get<Verified>(verified));
    telemetry::metrics()
        .histogram("somabrain_constitution_verify_latency_seconds")
        .Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    return chain();
}

std::shared_ptr<const Chain> LawKeeper::chain() const {
    const std::scoped_lock lock(mutex_);
    return chain_;
}

std::string LawKeeper::trouble() const {
    const std::scoped_lock lock(mutex_);
    return trouble_;
}

std::variant<LawKeeper::Verified, LawRefusal> LawKeeper::read_chain(
    const Deadline& deadline) const {
    Verified out{before_, before_, {}};
    for (;;) {
        const auto page = laws_.read(out.chain.version() + 1, deadline);
        for (std::uint64_t v = 1; v <= out.chain.version(); ++v) {
            if (page.known.size() < v || page.known[v - 1] != out.chain.hash(v)) {
                return disagreement("postgresql has lost or changed version " + std::to_string(v));
            }
        }
        for (const auto& row : page.rows) {
            if (&row == &page.rows.back()) {
                out.before = out.chain;
                out.head = row.signed_version;
            }
            if (auto refusal = out.chain.append(row.signed_version)) {
                return std::move(*refusal);
            }
        }
        if (page.rows.size() < backends::Laws::kPage) {
            const std::uint64_t newest = out.chain.version();
            if (page.version != newest || (newest > 0 && page.hash != out.chain.hash(newest))) {
                return disagreement("postgresql's pointer is not at its newest version, " +
                                    std::to_string(newest));
            }
            return out;
        }
    }
}

std::variant<LawKeeper::Verified, LawRefusal> LawKeeper::verify(const Deadline& deadline) const {
    // Before the chain: what another process puts in force in between must not look like a
    // rollback.
    const auto known = chain();
    const auto mark = mark_.read(deadline);
    const auto stored_copy = read_copy(copies_);
    const auto newest_snapshot = archive_.newest();
    auto read = read_chain(deadline);
    const auto* verified = std::get_if<Verified>(&read);
    if (verified == nullptr) {
        return read;
    }
    const auto seen_in = [&](const domain::SignedVersion& copy) {
        return domain::seen_in_copy(copy, verified->chain, verified->before);
    };
    const auto copy = stored_copy ? seen_in(*stored_copy) : std::nullopt;
    const auto snapshot = newest_snapshot ? seen_in(newest_snapshot->content) : std::nullopt;
    std::vector<domain::Mark> marks;
    if (known->version() > 0) {
        marks.push_back({"this process", known->version(), known->hash(known->version())});
    }
    if (mark) {
        marks.push_back({"openbao", mark->version, mark->hash});
    }
    if (copy) {
        marks.push_back({"redis", copy->version, copy->hash});
    }
    if (snapshot) {
        marks.push_back({"object storage", snapshot->version, snapshot->hash});
    }
    if (auto refusal = domain::check_marks(verified->chain, marks)) {
        return std::move(*refusal);
    }
    return read;
}

void LawKeeper::put_in_force(const Verified& verified, Time began, const Deadline& deadline) {
    const auto verified_at = std::chrono::steady_clock::now();
    const Chain& chain = verified.chain;
    const std::uint64_t version = chain.version();
    if (version > 0) {
        // Before it is in force anywhere: a crash in between must not leave a law that nobody would
        // miss if the stores were rolled back.
        const backends::MarkedLaw newest{version, chain.hash(version)};
        if (mark_.raise(newest, deadline) != newest) {
            throw Error(ErrorKind::unavailable, "the law was changed meanwhile: try again");
        }
        const bool is_new = !in_force_ || in_force_->hash != newest.hash;
        if (is_new) {
            log_step("the law is marked", chain, began);
            in_force_ = std::make_shared<const EnforcedLaw>(EnforcedLaw{
                version, chain.hash(version), *chain.law(), domain::RuleSet(chain.law()->rules)});
        }
        law_.put(in_force_, verified_at + settings_.max_age);
        if (is_new) {
            log_step("the law is in force", chain, began);
        }
    }
    before_ = verified.before;
    verified_gauge().Set(version > 0 ? 1 : 0);
    const std::scoped_lock lock(mutex_);
    chain_ = std::make_shared<const Chain>(chain);
    trouble_.clear();
}

void LawKeeper::heal_copy(const Verified& verified) {
    if (verified.chain.version() == 0) {
        return;
    }
    const Time began = wall_clock_now();
    const std::string envelope = domain::encode_signed(verified.head);
    if (copies_.get(kCopy) != envelope && copies_.set(kCopy, envelope, kCopyLife)) {
        log_step("the law is copied", verified.chain, began);
    }
}

void LawKeeper::withdraw(const LawRefusal& refusal, Time began) {
    if (in_force_) {
        telemetry::log(telemetry::Level::warn, "the law is withdrawn",
                       {{"reason", words(refusal)}, {"began", format_rfc3339(began)}});
    }
    law_.withdraw("the constitution does not verify: " + words(refusal));
    in_force_ = nullptr;
    verified_gauge().Set(0);
    note_trouble(words(refusal));
    throw untrusted(refusal);
}

void LawKeeper::note_trouble(const std::string& trouble) {
    const std::scoped_lock lock(mutex_);
    trouble_ = trouble;
}

void LawKeeper::start() {
    thread_.repeat(settings_.period, [this] { round(); });
}

void LawKeeper::round() {
    archive_.round(*chain(), Deadline(settings_.period));
    try {
        refresh(Deadline(settings_.period));
    } catch (const Error& error) {
        note_trouble(error.public_message());
        telemetry::log(telemetry::Level::warn, "the law was not verified",
                       {{"error", error.public_message()}, {"detail", error.detail()}});
    }
}

}  // namespace soma::services
