#include "base/ed25519.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <rapidcheck.h>

#include <memory>

#include "base/crypto.h"
#include "base/encoding.h"

namespace soma {
namespace {

struct Vector {
    const char* message;
    const char* key;
    const char* signature;
};

/// The twelve edge cases of "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko 2020): small
/// and mixed order of A and R, S = 0 and S > L, R and A not canonical. Verifiers in use disagree on
/// most of them.
const Vector kEdgeCases[] = {
    {"8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6",
     "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
     "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"
     "0000000000000000000000000000000000000000000000000000000000000000"},
    {"9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
     "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
     "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43"
     "a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04"},
    {"aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab",
     "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
     "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"
     "8c4bd45aecaca5b24fb97bc10ac27ac8751a7dfe1baff8b953ec9f5833ca260e"},
    {"9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
     "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
     "9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f"
     "87909e14428a7a1d62e9f22f3d3ad7802db02eb2e688b6c52fcd6648a98bd009"},
    {"e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
     "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
     "160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed512"
     "5ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09"},
    {"e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
     "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
     "21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7"
     "e40bc836dac0f71076f9abe3a53f9c03c1ceeeddb658d0030494ace586687405"},
    {"85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
     "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
     "e96f66be976d82e60150baecff9906684aebb1ef181f67a7189ac78ea23b6c0e"
     "547f7690a0e2ddcd04d87dbc3490dc19b3b3052f7ff0538cb68afb369ba3a514"},
    {"85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
     "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
     "8ce5b96c8f26d0ab6c47958c9e68b937104cd36e13c33566acd2fe8d38aa1942"
     "7e71f98a473474f2f13f06f97c20d58cc3f54b8bd0d272f42b695dd7e89a8c22"},
    {"9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41",
     "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
     "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
     "03be9678ac102edcd92b0210bb34d7428d12ffc5df5f37e359941266a4e35f0f"},
    {"9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41",
     "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
     "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
     "ca8c5b64cd208982aa38d4936621a4775aa233aa0505711d8fdcfdaa943d4908"},
    {"e96b7021eb39c1a163b6da4e3093dcd3f21387da4cc4572be588fafae23c155b",
     "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
     "a9d55260f765261eb9b84e106f665e00b867287a761990d7135963ee0a7d59dc"
     "a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04"},
    {"39a591f5321bbe07fd5a23dc2f39d025d74526615746727ceefd6e82ae65c06f",
     "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
     "a9d55260f765261eb9b84e106f665e00b867287a761990d7135963ee0a7d59dc"
     "a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04"},
};

/// Points of order 1, 2, 4 and 8, and what else decodes to them.
const char* const kSmallOrder[] = {
    "0100000000000000000000000000000000000000000000000000000000000000",  // identity
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "0100000000000000000000000000000000000000000000000000000000000080",  // −0
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // y = p
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // y = p + 1
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

/// RFC 8032 §7.1, tests 1 to 3.
const Vector kGenuine[] = {
    {"", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"72", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"af82", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
};

bool accepted(const Vector& vector) {
    const auto key = *from_hex(vector.key);
    return valid_ed25519_key(key) &&
           verify_ed25519(key, *from_hex(vector.message), *from_hex(vector.signature));
}

TEST(Ed25519, TheVectorsOfRfc8032) {
    for (const Vector& vector : kGenuine) {
        EXPECT_TRUE(accepted(vector)) << vector.key;
    }
}

TEST(Ed25519, NoEdgeCaseIsAccepted) {
    for (const Vector& vector : kEdgeCases) {
        EXPECT_FALSE(accepted(vector)) << vector.message;
    }
}

TEST(Ed25519, KeysOfSmallOrderAreNotAdmitted) {
    for (const char* key : kSmallOrder) {
        EXPECT_FALSE(valid_ed25519_key(*from_hex(key))) << key;
    }
}

TEST(Ed25519, KeysOfMixedOrderAreNotAdmitted) {
    // A point of order 8L, for which verify_detached alone accepts edge case 3.
    const Vector& mixed = kEdgeCases[3];
    EXPECT_TRUE(
        verify_ed25519(*from_hex(mixed.key), *from_hex(mixed.message), *from_hex(mixed.signature)));
}

TEST(Ed25519, WhatIsNoPointIsNoKey) {
    // y = 2 is on the curve for no x.
    EXPECT_FALSE(valid_ed25519_key("\x02" + std::string(31, '\0')));
    EXPECT_FALSE(valid_ed25519_key(""));
    EXPECT_FALSE(valid_ed25519_key(std::string(31, '\x01')));
    EXPECT_FALSE(valid_ed25519_key(*from_hex(kGenuine[0].key) + "x"));
}

TEST(Ed25519, TheIdentityKeySignsNothing) {
    // S = 0 and R = identity satisfy the equation for every message under the identity key.
    const std::string identity = *from_hex(kSmallOrder[0]);
    const std::string signature = identity + std::string(32, '\0');
    EXPECT_FALSE(verify_ed25519(identity, "any message", signature));
}

TEST(Ed25519, SPlusTheGroupOrderIsRefused) {
    // The same residue, S + L: malleability.
    const std::string order =
        *from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    std::string signature = *from_hex(kGenuine[0].signature);
    unsigned carry = 0;
    for (std::size_t i = 0; i < 32; ++i) {
        carry += static_cast<unsigned char>(signature[32 + i]) +
                 static_cast<unsigned>(static_cast<unsigned char>(order[i]));
        signature[32 + i] = static_cast<char>(carry & 255);
        carry >>= 8;
    }
    EXPECT_FALSE(verify_ed25519(*from_hex(kGenuine[0].key), "", signature));
}

TEST(Ed25519, OtherLengthsAreRefused) {
    const std::string key = *from_hex(kGenuine[0].key);
    const std::string signature = *from_hex(kGenuine[0].signature);
    EXPECT_FALSE(verify_ed25519(key, "", signature.substr(0, 63)));
    EXPECT_FALSE(verify_ed25519(key, "", signature + "x"));
    EXPECT_FALSE(verify_ed25519(key, "", ""));
    EXPECT_FALSE(verify_ed25519(key.substr(0, 31), "", signature));
}

TEST(Ed25519, AnyFlippedBitIsNoticed) {
    const std::string key = *from_hex(kGenuine[2].key);
    const std::string message = *from_hex(kGenuine[2].message);
    const std::string signature = *from_hex(kGenuine[2].signature);
    for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
        std::string broken = signature;
        broken[bit / 8] = static_cast<char>(broken[bit / 8] ^ (1 << bit % 8));
        EXPECT_FALSE(verify_ed25519(key, message, broken)) << bit;
    }
    EXPECT_FALSE(verify_ed25519(key, message + "x", signature));
}

TEST(Ed25519, WhatOpenSslSignsVerifies) {
    ASSERT_TRUE(rc::check("sign", [](const std::string& message) {
        const std::string seed = random_bytes(32);
        const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pair(
            EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr,
                                         reinterpret_cast<const unsigned char*>(seed.data()), 32),
            &EVP_PKEY_free);
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                              &EVP_MD_CTX_free);
        std::string key(32, '\0');
        std::string signature(64, '\0');
        std::size_t size = key.size();
        EVP_PKEY_get_raw_public_key(pair.get(), reinterpret_cast<unsigned char*>(key.data()),
                                    &size);
        size = signature.size();
        EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, pair.get());
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       reinterpret_cast<const unsigned char*>(message.data()), message.size());
        RC_ASSERT(valid_ed25519_key(key));
        RC_ASSERT(verify_ed25519(key, message, signature));
        RC_ASSERT(!verify_ed25519(key, message + "x", signature));
    }));
}

}  // namespace
}  // namespace soma
