#include "backends/redis/audit_stream.h"

#include <csignal>
#include <utility>

#include "base/error.h"

namespace soma::backends {
namespace {

using Kind = RedisAnswer::Kind;

constexpr std::string_view kStream = "soma:audit:buffer";
constexpr std::string_view kAside = "soma:audit:aside";
constexpr std::string_view kField = "event";
/// Fields that set_aside() puts before those of the entry.
constexpr std::size_t kAsideFields = 4;

AuditEntry entry_of(const RedisAnswer& answer) {
    AuditEntry entry;
    if (answer.items.size() == 2) {
        entry.id = answer.items[0].text;
        for (const auto& field : answer.items[1].items) {
            entry.fields.push_back(field.text);
        }
    }
    return entry;
}

}  // namespace

AuditStream::AuditStream(RedisConfig config) : node_(std::move(config)) {
    std::signal(SIGPIPE, SIG_IGN);  // hiredis writes to sockets that may have closed
}

Appended AuditStream::append(std::string_view event) {
    // The server's answer comes after its fsync.
    const auto answer = node_.send({"XADD", kStream, "*", kField, event}, false);
    usable_.store(answer.kind == Kind::value, std::memory_order_relaxed);
    if (answer.kind == Kind::value) {
        appended_.fetch_add(1, std::memory_order_relaxed);
        return Appended::durable;
    }
    return answer.kind == Kind::full ? Appended::no : Appended::unknown;
}

std::size_t AuditStream::length() {
    return static_cast<std::size_t>(ask({"XLEN", kStream}).number);
}

std::size_t AuditStream::aside_length() {
    return static_cast<std::size_t>(ask({"XLEN", kAside}).number);
}

std::vector<AuditEntry> AuditStream::read_after(std::string_view id) {
    return range(kStream, id);
}

std::vector<AuditEntry> AuditStream::range(std::string_view stream, std::string_view after) {
    std::string from = "-";
    if (!after.empty()) {
        from = "(";
        from += after;
    }
    const std::string count = std::to_string(kAuditPage);
    std::vector<AuditEntry> entries;
    for (const auto& item : ask({"XRANGE", stream, from, "+", "COUNT", count}).items) {
        entries.push_back(entry_of(item));
    }
    return entries;
}

void AuditStream::remove(std::span<const std::string> ids) {
    if (ids.empty()) {
        return;
    }
    RedisNode::Words words{"XDEL", kStream};
    words.insert(words.end(), ids.begin(), ids.end());
    ask(words);
}

bool AuditStream::set_aside(const AuditEntry& entry, std::string_view reason) {
    if (aside_length() >= kMaxSetAside) {
        return false;
    }
    RedisNode::Words words{"XADD", kAside, "*", "id", entry.id, "reason", reason};
    words.insert(words.end(), entry.fields.begin(), entry.fields.end());
    // A full server takes nothing more; what is removed from it makes room.
    const auto answer = node_.send(words, false);
    if (answer.kind == Kind::full) {
        return false;
    }
    check(answer, words);
    remove({&entry.id, 1});
    return true;
}

std::size_t AuditStream::put_back() {
    const std::size_t all = aside_length();  // what is set aside meanwhile stays there
    std::size_t count = 0;
    while (count < all) {
        const auto page = range(kAside, "");
        if (page.empty()) {
            break;
        }
        for (const auto& entry : page) {
            if (entry.fields.size() > kAsideFields) {
                RedisNode::Words words{"XADD", kStream, "*"};
                words.insert(words.end(), entry.fields.begin() + kAsideFields, entry.fields.end());
                ask(words);
            }
            ask({"XDEL", kAside, entry.id});
            ++count;
        }
    }
    return count;
}

const std::string* AuditStream::event_of(const AuditEntry& entry) {
    return entry.fields.size() == 2 && entry.fields[0] == kField ? &entry.fields[1] : nullptr;
}

RedisAnswer AuditStream::ask(const RedisNode::Words& words) {
    auto answer = node_.send(words, false);
    check(answer, words);
    return answer;
}

void AuditStream::check(const RedisAnswer& answer, const RedisNode::Words& words) {
    const bool answered = answer.kind == Kind::value || answer.kind == Kind::nil;
    usable_.store(answered, std::memory_order_relaxed);
    if (!answered) {
        throw Error(ErrorKind::unavailable,
                    answer.kind == Kind::full ? "the audit buffer is full"
                                              : "the audit buffer does not answer",
                    std::string(words[0]));
    }
}

}  // namespace soma::backends
