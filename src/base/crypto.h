#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace soma {

/// Hashes and authenticated encryption by OpenSSL. All functions are thread-safe and take and
/// return raw bytes. A failure of the library itself is our own mistake (SOMA_ASSERT).

std::string sha256(std::string_view bytes);                             ///< 32 bytes
std::string sha3_512(std::string_view bytes);                           ///< 64 bytes
std::string blake2b_512(std::string_view bytes);                        ///< 64 bytes, RFC 7693
std::string hmac_sha256(std::string_view key, std::string_view bytes);  ///< 32 bytes
std::string random_bytes(std::size_t count);

/// SHA-256 into bytes of the caller's, which may be among those that are read: a tree of hashes has
/// hundreds of nodes, and a string for each took a third of its time.
void sha256_into(std::span<char, 32> result, std::string_view bytes);

/// SHA-256 of bytes that come piece by piece. For one thread.
class Sha256 {
  public:
    Sha256();
    void add(std::string_view bytes);
    /// 32 bytes. Ends it: nothing may be added or asked again.
    std::string finish();

  private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const;
    };
    std::unique_ptr<evp_md_ctx_st, Free> context_;
};

/// Constant-time comparison.
bool equal_secret(std::string_view a, std::string_view b);

/// AES-256-GCM with a random 96-bit nonce: nonce(12) ‖ ciphertext ‖ tag(16). `key` has 32 bytes;
/// `context` is authenticated, not stored: a blob moved to another row does not open.
/// At most 2^32 seals per key (NIST SP 800-38D §8.3): one data key serves one subject.
std::string seal(std::string_view key, std::string_view context, std::string_view plain);
/// nullopt when the key, the context or any bit is wrong.
std::optional<std::string> open_sealed(std::string_view key, std::string_view context,
                                       std::string_view sealed);

}  // namespace soma
