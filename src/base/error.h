#pragma once
#include <cstdint>
#include <exception>
#include <string>
#include <utility>

namespace soma {

/// The gRPC canonical codes we use. `server/error_reply` alone knows their HTTP numbers.
enum class ErrorKind : std::uint8_t {
    invalid_argument,        ///< the request is malformed or breaks a limit
    payload_too_large,       ///< a body over its limit (gRPC: RESOURCE_EXHAUSTED)
    unsupported_media_type,  ///< a body in another form than JSON (gRPC: INVALID_ARGUMENT)
    unauthenticated,         ///< no valid credentials
    permission_denied,       ///< valid credentials, wrong role or a rule forbids it
    not_found,               ///< absent, or another tenant's: indistinguishable
    already_exists,          ///< a unique name is taken
    conflict,                ///< with what is there, e.g. a state token (gRPC: FAILED_PRECONDITION)
    idempotency_reused,      ///< the Idempotency-Key was used with another body
    resource_exhausted,      ///< a rate limit
    unavailable,             ///< a dependency or queue is unavailable: retry later
    deadline_exceeded,       ///< the request's time ran out
    internal,                ///< our own mistake
};

/// "This request cannot go on." Thrown from anywhere below the server and caught once, there.
/// `public_message` goes to the caller and must hold no secret and no content; `detail` goes to the
/// log. Outcomes a caller chooses on are values instead (std::optional, std::variant).
class Error : public std::exception {
  public:
    Error(ErrorKind kind, std::string public_message, std::string detail = {})
        : kind_(kind), public_message_(std::move(public_message)), detail_(std::move(detail)) {}

    /// Names the offending input by JSON pointer, e.g. "/items/3/text".
    Error&& at(std::string field) && {
        field_ = std::move(field);
        return std::move(*this);
    }
    /// Names the article of the law that a refusal rests on, and its words.
    Error&& by_article(std::string article, std::string text) && {
        article_ = std::move(article);
        article_text_ = std::move(text);
        return std::move(*this);
    }
    /// Seconds for Retry-After; the default of 1 applies to every `unavailable`.
    Error&& retry_after(int seconds) && {
        retry_after_seconds_ = seconds;
        return std::move(*this);
    }

    ErrorKind kind() const { return kind_; }
    const std::string& public_message() const { return public_message_; }
    const std::string& detail() const { return detail_; }
    const std::string& field() const { return field_; }
    const std::string& article() const { return article_; }  ///< empty: no article is at stake
    const std::string& article_text() const { return article_text_; }
    int retry_after_seconds() const { return retry_after_seconds_; }
    const char* what() const noexcept override { return public_message_.c_str(); }

  private:
    ErrorKind kind_;
    std::string public_message_;
    std::string detail_;
    std::string field_;
    std::string article_;
    std::string article_text_;
    int retry_after_seconds_ = 1;
};

/// Shorthand for the commonest error: a field that breaks its written limit.
inline Error invalid(std::string field, std::string message) {
    return Error(ErrorKind::invalid_argument, std::move(message)).at(std::move(field));
}

/// Our own mistake: logs the reason and aborts, in every build.
[[noreturn]] void assertion_failed(const char* condition, const char* why, const char* file,
                                   int line);

}  // namespace soma

#define SOMA_ASSERT(condition, why) \
    ((condition) ? void(0) : ::soma::assertion_failed(#condition, why, __FILE__, __LINE__))
