#include "base/crypto.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>

#include "base/encoding.h"

namespace soma {
namespace {

TEST(Crypto, ADigestMayReplaceWhatItIsOf) {
    std::string row = "abc and room for the digest itself";
    sha256_into(std::span<char, 32>(row.data(), 32), std::string_view(row).substr(0, 3));
    EXPECT_EQ(row.substr(0, 32), sha256("abc"));
    EXPECT_EQ(row.substr(32), "lf");
}

TEST(Crypto, KnownDigests) {
    EXPECT_EQ(to_hex(sha256("abc")),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(to_hex(sha256("")),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(to_hex(sha3_512("abc")),
              "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e"
              "10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0");
    EXPECT_EQ(to_hex(blake2b_512("abc")),
              "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
              "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
}

TEST(Crypto, PiecesHaveTheDigestOfTheWhole) {
    ASSERT_TRUE(rc::check("pieces", [](const std::vector<std::string>& pieces) {
        Sha256 digest;
        std::string whole;
        for (const auto& piece : pieces) {
            digest.add(piece);
            whole += piece;
        }
        RC_ASSERT(digest.finish() == sha256(whole));
    }));
}

TEST(Crypto, HmacOfRfc4231) {
    EXPECT_EQ(to_hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(to_hex(hmac_sha256(std::string(131, '\xaa'),
                                 "Test Using Larger Than Block-Size Key - Hash Key First")),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Crypto, RandomBytesDiffer) {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) seen.insert(random_bytes(16));
    EXPECT_EQ(seen.size(), 1000U);
    EXPECT_EQ(random_bytes(0), "");
}

TEST(Crypto, SecretsAreComparedWhole) {
    EXPECT_TRUE(equal_secret("", ""));
    EXPECT_TRUE(equal_secret(std::string_view("a\0b", 3), std::string_view("a\0b", 3)));
    EXPECT_FALSE(equal_secret("abc", "abd"));
    EXPECT_FALSE(equal_secret("abc", "ab"));
}

TEST(Crypto, OpensAVectorMadeElsewhere) {
    // AES-256-GCM, test case 16 of the GCM specification, in our layout: nonce, ciphertext, tag.
    const auto key = *from_hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
    const auto context = *from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    const auto sealed = *from_hex(
        "cafebabefacedbaddecaf888"
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        "76fc6ece0f4e1768cddf8853bb2d551b");
    const auto plain = open_sealed(key, context, sealed);
    ASSERT_TRUE(plain);
    EXPECT_EQ(to_hex(*plain),
              "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
              "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
}

TEST(Crypto, SealedOpensWithTheSameKeyAndContextOnly) {
    ASSERT_TRUE(rc::check("seal", [](const std::string& plain, const std::string& context) {
        const std::string key = random_bytes(32);
        const std::string sealed = seal(key, context, plain);
        RC_ASSERT(sealed.size() == plain.size() + 28);
        RC_ASSERT(open_sealed(key, context, sealed) == plain);
        RC_ASSERT(!open_sealed(random_bytes(32), context, sealed));
        RC_ASSERT(!open_sealed(key, context + "x", sealed));
        RC_ASSERT(seal(key, context, plain) != sealed);
    }));
}

TEST(Crypto, AnyFlippedBitIsNoticed) {
    const std::string key = random_bytes(32);
    const std::string sealed = seal(key, "context", "a short secret");
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        std::string broken = sealed;
        broken[bit / 8] = static_cast<char>(broken[bit / 8] ^ (1 << bit % 8));
        EXPECT_FALSE(open_sealed(key, "context", broken)) << bit;
    }
}

TEST(Crypto, WhatIsTooShortDoesNotOpen) {
    const std::string key = random_bytes(32);
    const std::string sealed = seal(key, "", "");
    for (std::size_t length = 0; length < sealed.size(); ++length) {
        EXPECT_FALSE(open_sealed(key, "", sealed.substr(0, length)));
    }
    EXPECT_EQ(open_sealed(key, "", sealed), "");
}

TEST(CryptoDeath, AKeyOfAnotherLengthIsOurOwnMistake) {
    EXPECT_DEATH(seal("short", "", "x"), "32 bytes");
}

}  // namespace
}  // namespace soma
