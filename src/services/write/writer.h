#pragma once
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "domain/ledger/intent.h"
#include "services/commit/committer.h"
#include "services/evaluate/working_memory.h"
#include "services/gate/admission.h"
#include "services/keyring/keyring.h"

namespace google::protobuf {
class Message;
}

namespace soma::services {

/// How one request's write is answered.
struct Reply {
    int status = 200;
    /// The serialised answer, once the numbers are known. On the committer's thread.
    std::function<std::string(std::span<const domain::Assigned>)> body;
    /// Which field named a memory that turned out to be missing or to have no room.
    std::function<std::string(const Uuid&)> field_of = [](const Uuid&) { return "/id"; };
};

/// The claim's key came before with another body.
Error idempotency_reused();

/// What every writing story has in common. Thread-safe.
class Writer {
  public:
    Writer(Keyring& keyring, Committer& committer, WorkingMemoryStore& working_memory,
           UuidGenerator& ids)
        : keyring_(keyring), committer_(committer), working_memory_(working_memory), ids_(ids) {}

    /// The request's intent, still without changes.
    static domain::Intent intent(const RequestContext& context, const Admission& admission);
    /// The event of one of its changes, still without targets.
    domain::EventDraft event(const RequestContext& context, const Admission& admission, int status);
    /// The Idempotency-Key's claim, if one came: another body under the same key is refused.
    std::optional<domain::IdempotencyClaim> claim(const RequestContext& context,
                                                  const Admission& admission,
                                                  const google::protobuf::Message& request);

    /// Commits the intent's changes and tells working memory of `turns`. The answer, or that of the
    /// same claim before: then the event this answer owes is written. Throws Error: not_found (a
    /// target is missing), invalid_argument (it has no room for a link), idempotency_reused,
    /// unavailable.
    template <class Response>
    Response commit(const RequestContext& context, const Admission& admission,
                    domain::Intent intent, Reply reply,
                    const std::vector<SessionTurn>& turns = {}) {
        Response response;
        response.ParseFromString(
            commit_serialised(context, admission, std::move(intent), std::move(reply), turns));
        renew_tokens(response, admission.tenant.epoch);
        return response;
    }
    /// The event of an answer that changed nothing because the same was written before.
    void record_replay(const RequestContext& context, const Admission& admission, int status);
    /// The event of an answer that only read.
    void record_read(const RequestContext& context, const Admission& admission,
                     const google::protobuf::Message& request,
                     const google::protobuf::Message& answer, std::vector<Uuid> targets);

  private:
    /// An answer that was kept across a restore names the epoch before it.
    template <class Response>
    static void renew_tokens(Response& response, std::uint64_t epoch) {
        if constexpr (requires { response.state_token(); }) {
            if (auto token = domain::StateToken::parse(response.state_token())) {
                response.set_state_token(domain::StateToken{epoch, token->sequence}.to_string());
            }
        } else {
            for (auto& result : *response.mutable_results()) {
                renew_tokens(result, epoch);
            }
        }
    }
    void record(const RequestContext& context, const Admission& admission,
                domain::EventDraft event);
    std::string commit_serialised(const RequestContext& context, const Admission& admission,
                                  domain::Intent intent, Reply reply,
                                  const std::vector<SessionTurn>& turns);

    Keyring& keyring_;
    Committer& committer_;
    WorkingMemoryStore& working_memory_;
    UuidGenerator& ids_;
};

}  // namespace soma::services
