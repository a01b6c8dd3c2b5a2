#include "services/retention/pruner.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/error.h"
#include "services/ledger/signer.h"
#include "services/relay/last_marks.h"
#include "telemetry/log.h"

namespace soma::services {
namespace {

/// How many of the 20 digits of a checkpoint's size the search for it may leave open: a minute's
/// events and far more.
constexpr std::size_t kOpenDigits = 10;

std::string folder_of(const Uuid& log_id) {
    return "ledger/" + log_id.to_string() + "/";
}

/// The file as it is there now: the version that was written first, which the lock is about.
domain::ReadBack read_back(backends::ObjectStore& store, const std::string& name, Time now,
                           const Deadline& deadline) {
    const auto listed = store.first_versions(name, deadline);
    const auto found = std::find_if(listed.begin(), listed.end(),
                                    [&](const auto& each) { return each.name == name; });
    if (found == listed.end()) {
        return {};
    }
    const auto lock = store.lock(*found, deadline);
    return {store.read(*found, deadline), lock && lock->compliance && lock->until > now};
}

std::optional<std::uint64_t> size_in(const std::string& name) {
    const std::string_view digits = std::string_view(name).substr(name.rfind('/') + 1);
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
    return error == std::errc() && end == digits.data() + digits.size() ? std::optional(size)
                                                                        : std::nullopt;
}

}  // namespace

PruneReport Pruner::run(Time now, const Deadline& deadline) {
    backends::Partitions partitions(owner_, deadline);
    const auto last = last_marks(kafka_, deadline).marks;
    PruneReport report;
    for (;;) {
        report.left = partitions.oldest(deadline);
        const auto logs = partitions.logs(deadline);
        // What comes into it from now on is younger than what is dropped, and so are its events.
        const auto buffered = buffer_.length() + buffer_.aside_length();
        if (auto why = kept_because(report.left, logs, last, buffered, now - settings_.keep)) {
            report.kept_because = std::move(*why);
            return report;
        }
        if (static_cast<int>(report.dropped.size()) == settings_.most) {
            return report;
        }
        const auto slices = slices_of(report.left, logs);
        try {
            for (const auto& slice : slices) {
                check_archive(partitions, slice, now, deadline);
            }
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::conflict) {
                throw;
            }
            report.kept_because = error.public_message();
            return report;
        }
        partitions.drop(report.left.first_index, deadline);
        telemetry::log(telemetry::Level::info, "a partition of events is archived and was dropped",
                       {{"sequence", report.left.first_index}, {"count", report.left.events}});
        report.dropped.push_back({report.left, slices});
    }
}

void Pruner::check_archive(backends::Partitions& partitions, const domain::LogSlice& slice,
                           Time now, const Deadline& deadline) {
    const std::string folder = folder_of(slice.log_id);
    const domain::ArchiveReader read = [&](const std::string& path) {
        return read_back(store_, folder + path, now, deadline);
    };
    const std::uint64_t size = checkpoint_for(partitions, slice, deadline);
    const auto origin = settings_.origin + "/" + slice.log_id.to_string();
    domain::ArchivedTree tree(domain::checked_checkpoint(read(domain::checkpoint_path(size)), size,
                                                         keys(origin, deadline)),
                              read);
    const std::uint64_t width = domain::kTileWidth;
    for (std::uint64_t tile = slice.begin / width; tile * width < slice.end; ++tile) {
        tree.check_tile(tile);
    }
}

/// The size of a checkpoint in object storage that has all of the slice. Of a former log the
/// service may not know the newest: it wrote on after the backup that was restored.
std::uint64_t Pruner::checkpoint_for(backends::Partitions& partitions,
                                     const domain::LogSlice& slice, const Deadline& deadline) {
    const std::uint64_t known = partitions.archived_checkpoint(slice.log_id, deadline);
    if (known >= slice.end) {
        return known;
    }
    const std::string name = folder_of(slice.log_id) + domain::checkpoint_path(slice.end);
    for (std::size_t open = 0; open <= kOpenDigits; ++open) {
        for (const auto& each :
             store_.first_versions(name.substr(0, name.size() - open), deadline)) {
            const auto size = size_in(each.name);
            if (size && *size >= slice.end) {
                return *size;
            }
        }
    }
    throw Error(ErrorKind::conflict, "no checkpoint in object storage has leaf " +
                                         std::to_string(slice.end - 1) + " of log " +
                                         slice.log_id.to_string());
}

std::vector<domain::NoteKey> Pruner::keys(const std::string& origin, const Deadline& deadline) {
    std::vector<domain::NoteKey> out;
    for (const auto& [version, key] : vault_.public_keys(kLedgerKey, deadline)) {
        out.push_back({origin, domain::NoteKeyType::signer, key});
    }
    return out;
}

}  // namespace soma::services
