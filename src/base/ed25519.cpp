#include "base/ed25519.h"

#include <sodium/core.h>
#include <sodium/crypto_core_ed25519.h>
#include <sodium/crypto_sign.h>

#include "base/error.h"

namespace soma {
namespace {

static_assert(kEd25519KeyBytes == crypto_sign_PUBLICKEYBYTES);
static_assert(kEd25519SignatureBytes == crypto_sign_BYTES);

/// libsodium picks its implementation for this processor once.
void prepare() {
    static const int ready = sodium_init();
    SOMA_ASSERT(ready >= 0, "libsodium finds no source of randomness");
}

const unsigned char* in(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

bool valid_ed25519_key(std::string_view key) {
    prepare();
    return key.size() == kEd25519KeyBytes && crypto_core_ed25519_is_valid_point(in(key)) == 1;
}

bool verify_ed25519(std::string_view key, std::string_view message, std::string_view signature) {
    prepare();
    return key.size() == kEd25519KeyBytes && signature.size() == kEd25519SignatureBytes &&
           crypto_sign_verify_detached(in(signature), in(message), message.size(), in(key)) == 0;
}

}  // namespace soma
