#pragma once
#include <openssl/evp.h>

#include <memory>
#include <string>

#include "base/crypto.h"
#include "domain/ledger/merkle/checkpoint.h"
#include "domain/ledger/merkle/note.h"

namespace soma::testing {

/// A key pair whose seed is the SHA-256 of a word. Signs by OpenSSL; the product verifies by
/// libsodium.
class NoteSigner {
  public:
    NoteSigner(std::string name, const std::string& word,
               domain::NoteKeyType type = domain::NoteKeyType::signer)
        : key_(nullptr, &EVP_PKEY_free) {
        const std::string seed = sha256(word);
        key_.reset(EVP_PKEY_new_raw_private_key(
            EVP_PKEY_ED25519, nullptr, reinterpret_cast<const unsigned char*>(seed.data()), 32));
        public_ = {std::move(name), type, std::string(32, '\0')};
        std::size_t size = 32;
        EVP_PKEY_get_raw_public_key(
            key_.get(), reinterpret_cast<unsigned char*>(public_.public_key.data()), &size);
    }

    const domain::NoteKey& key() const { return public_; }

    std::string sign(const std::string& message) const {
        std::string out(64, '\0');
        std::size_t size = out.size();
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                              &EVP_MD_CTX_free);
        EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get());
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                       reinterpret_cast<const unsigned char*>(message.data()), message.size());
        return out;
    }

    void add_to(domain::Note& note, std::uint64_t seconds = 1'700'000'000) const {
        if (public_.type == domain::NoteKeyType::signer) {
            note.signatures.push_back({public_.name, key_id(public_), sign(note.text)});
        } else {
            note.signatures.push_back(domain::cosignature(
                public_, seconds, sign(domain::cosigned_message(note.text, seconds))));
        }
    }

    /// A checkpoint of the log that this key is named after.
    domain::Note checkpoint(std::uint64_t size, const std::string& root) const {
        domain::Note note{domain::checkpoint_text({public_.name, size, root}), {}};
        add_to(note);
        return note;
    }

  private:
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
    domain::NoteKey public_;
};

}  // namespace soma::testing
