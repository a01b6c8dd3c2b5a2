#include "base/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <memory>

#include "base/error.h"

namespace soma {
namespace {

constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kKeyBytes = 32;

const unsigned char* in(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* out(std::string& bytes, std::size_t offset = 0) {
    return reinterpret_cast<unsigned char*>(bytes.data()) + offset;
}

/// Fetched once: looking an algorithm up by name costs more than hashing a short text.
const EVP_MD* fetched(const char* name) {
    const EVP_MD* method = EVP_MD_fetch(nullptr, name, nullptr);
    SOMA_ASSERT(method != nullptr, "in every OpenSSL 3 default provider");
    return method;
}

void digest_into(unsigned char* result, const EVP_MD* method, std::string_view bytes) {
    // One for each thread: making one took as long as the hash of a tree's node.
    thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
        EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    const bool done = EVP_DigestInit_ex2(context.get(), method, nullptr) == 1 &&
                      EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1 &&
                      EVP_DigestFinal_ex(context.get(), result, nullptr) == 1;
    SOMA_ASSERT(done, "a digest failed");
}

std::string digest(const EVP_MD* method, std::string_view bytes) {
    std::string result(static_cast<std::size_t>(EVP_MD_get_size(method)), '\0');
    digest_into(out(result), method, bytes);
    return result;
}

const EVP_MD* sha256_method() {
    static const EVP_MD* method = fetched("SHA256");
    return method;
}

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

/// Fetched once: looking an algorithm up by name costs more than sealing a short text.
const EVP_CIPHER* aes_256_gcm() {
    static const EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    SOMA_ASSERT(cipher != nullptr, "AES-256-GCM is in every OpenSSL 3 default provider");
    return cipher;
}

}  // namespace

std::string sha256(std::string_view bytes) {
    return digest(sha256_method(), bytes);
}

void sha256_into(std::span<char, 32> result, std::string_view bytes) {
    digest_into(reinterpret_cast<unsigned char*>(result.data()), sha256_method(), bytes);
}

std::string sha3_512(std::string_view bytes) {
    static const EVP_MD* method = fetched("SHA3-512");
    return digest(method, bytes);
}

std::string blake2b_512(std::string_view bytes) {
    static const EVP_MD* method = fetched("BLAKE2b512");
    return digest(method, bytes);
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
    std::string result(32, '\0');
    const auto* done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), in(bytes),
                            bytes.size(), out(result), nullptr);
    SOMA_ASSERT(done != nullptr, "HMAC failed");
    return result;
}

void Sha256::Free::operator()(evp_md_ctx_st* context) const {
    EVP_MD_CTX_free(context);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
    SOMA_ASSERT(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1, "no SHA-256");
}

void Sha256::add(std::string_view bytes) {
    SOMA_ASSERT(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1,
                "EVP_DigestUpdate failed");
}

std::string Sha256::finish() {
    std::string result(32, '\0');
    SOMA_ASSERT(EVP_DigestFinal_ex(context_.get(), out(result), nullptr) == 1,
                "EVP_DigestFinal_ex failed");
    return result;
}

std::string random_bytes(std::size_t count) {
    std::string result(count, '\0');
    SOMA_ASSERT(RAND_bytes(out(result), static_cast<int>(count)) == 1, "no entropy");
    return result;
}

bool equal_secret(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string seal(std::string_view key, std::string_view context, std::string_view plain) {
    SOMA_ASSERT(key.size() == kKeyBytes, "AES-256 keys have 32 bytes");
    const CipherContext cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
    std::string result = random_bytes(kNonceBytes);
    result.resize(kNonceBytes + plain.size() + kTagBytes);
    int written = 0;
    bool ok = EVP_EncryptInit_ex2(cipher.get(), aes_256_gcm(), in(key), out(result), nullptr) == 1;
    ok = ok && EVP_EncryptUpdate(cipher.get(), nullptr, &written, in(context),
                                 static_cast<int>(context.size())) == 1;
    ok = ok && EVP_EncryptUpdate(cipher.get(), out(result, kNonceBytes), &written, in(plain),
                                 static_cast<int>(plain.size())) == 1;
    ok = ok && EVP_EncryptFinal_ex(cipher.get(), out(result, kNonceBytes), &written) == 1;
    ok = ok && EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes,
                                   out(result, kNonceBytes + plain.size())) == 1;
    SOMA_ASSERT(ok, "AES-256-GCM encryption failed");
    return result;
}

std::optional<std::string> open_sealed(std::string_view key, std::string_view context,
                                       std::string_view sealed) {
    SOMA_ASSERT(key.size() == kKeyBytes, "AES-256 keys have 32 bytes");
    if (sealed.size() < kNonceBytes + kTagBytes) {
        return std::nullopt;
    }
    const std::size_t plain_bytes = sealed.size() - kNonceBytes - kTagBytes;
    const CipherContext cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
    std::string tag(sealed.substr(kNonceBytes + plain_bytes));
    std::string result(plain_bytes, '\0');
    int written = 0;
    bool ok = EVP_DecryptInit_ex2(cipher.get(), aes_256_gcm(), in(key), in(sealed), nullptr) == 1;
    ok = ok && EVP_DecryptUpdate(cipher.get(), nullptr, &written, in(context),
                                 static_cast<int>(context.size())) == 1;
    ok =
        ok && EVP_DecryptUpdate(cipher.get(), out(result), &written, in(sealed.substr(kNonceBytes)),
                                static_cast<int>(plain_bytes)) == 1;
    ok = ok && EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, out(tag)) == 1;
    ok = ok && EVP_DecryptFinal_ex(cipher.get(), out(tag), &written) == 1;
    if (!ok) {
        return std::nullopt;
    }
    return result;
}

}  // namespace soma
