#include "domain/constitution/envelope.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "support/law_forge.h"
#include "support/property.h"

namespace soma::domain {
namespace {

using testing::document_of;
using testing::law_json;
using testing::signed_by;

SignedVersion genuine() {
    return signed_by(document_of(law_json()), "abc");
}

/// What is wrong with the envelope, or "taken".
std::string said(std::string_view bytes) {
    const auto decoded = decode_signed(bytes);
    const auto* refusal = std::get_if<LawRefusal>(&decoded);
    if (refusal == nullptr) {
        return "taken";
    }
    EXPECT_EQ(refusal->reason, RefusalReason::document);
    const std::string prefix = "the envelope: ";
    EXPECT_TRUE(refusal->message.starts_with(prefix)) << refusal->message;
    return refusal->message.substr(prefix.size());
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    SOMA_ASSERT(at != std::string::npos, "has what is bent here");
    return text.replace(at, from.size(), to);
}

std::vector<Signature> ordered(std::vector<Signature> signatures) {
    std::sort(signatures.begin(), signatures.end(),
              [](const Signature& a, const Signature& b) { return a.public_key < b.public_key; });
    return signatures;
}

/// Keys that differ in their first byte, so that their order is the byte's.
Signature signature_of(unsigned char first) {
    return {std::string(1, static_cast<char>(first)) + std::string(31, 'k'), std::string(64, 's')};
}

TEST(Envelope, IsOneCanonicalText) {
    EXPECT_EQ(encode_signed({"{\"a\":\"\xc3\xa9\"}", {signature_of(0x01)}}),
              "{\"signatures\":[{\"public_key\":\"AWtra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=\","
              "\"signature\":\"c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nz"
              "c3Nzc3Nzc3Nzc3Nzc3Nzcw==\"}],\"text\":\"{\\\"a\\\":\\\"\xc3\xa9\\\"}\"}");
    EXPECT_EQ(encode_signed({"x", {}}), R"({"signatures":[],"text":"x"})");
}

TEST(Envelope, WhatAChainTookComesBackAndIsTakenAgain) {
    const SignedVersion version = genuine();
    const auto decoded = decode_signed(encode_signed(version));
    ASSERT_TRUE(std::holds_alternative<SignedVersion>(decoded)) << said(encode_signed(version));
    const auto& back = std::get<SignedVersion>(decoded);
    EXPECT_EQ(back.text, version.text);
    EXPECT_EQ(back.signatures, ordered(version.signatures));
    Chain chain(sha3_512(version.text));
    EXPECT_FALSE(chain.append(back));
    EXPECT_EQ(chain.version(), 1U);
}

TEST(Envelope, SignaturesHaveOneOrder) {
    SignedVersion version = genuine();
    const std::string bytes = encode_signed(version);
    std::reverse(version.signatures.begin(), version.signatures.end());
    EXPECT_EQ(encode_signed(version), bytes);
    // Bytes are unsigned: 0x80 comes after 0x7F, as it would not among signed characters.
    const SignedVersion high{"x", {signature_of(0x80), signature_of(0x7F)}};
    const auto back = std::get<SignedVersion>(decode_signed(encode_signed(high)));
    EXPECT_EQ(back.signatures, (std::vector{signature_of(0x7F), signature_of(0x80)}));
}

TEST(Envelope, RoundTripsWhateverALawMayHold) {
    test::property([](std::uint32_t seed) {
        std::mt19937 random(seed);
        const char* const pieces[] = {
            "\"",       "\\",           "/",       "a",  " ",  "{", "~",
            "\xc3\xa9", "\xe2\x82\xac", "\\u0041", "\t", "\n", "]", "\xf0\x9f\x98\x80"};
        SignedVersion version;
        for (std::size_t left = 1 + random() % 50; left > 0; --left) {
            version.text += pieces[random() % std::size(pieces)];
        }
        for (unsigned first = random() % 64; first < 256; first += 1 + random() % 64) {
            version.signatures.push_back(signature_of(static_cast<unsigned char>(first)));
        }
        const std::vector<Signature> expected = version.signatures;
        std::shuffle(version.signatures.begin(), version.signatures.end(), random);
        const std::string bytes = encode_signed(version);
        const auto decoded = decode_signed(bytes);
        RC_ASSERT(std::holds_alternative<SignedVersion>(decoded));
        RC_ASSERT(std::get<SignedVersion>(decoded).text == version.text);
        RC_ASSERT(std::get<SignedVersion>(decoded).signatures == expected);
        RC_ASSERT(encode_signed(std::get<SignedVersion>(decoded)) == bytes);
    });
}

TEST(Envelope, NoByteMayChangeUnseen) {
    const std::string bytes = encode_signed(genuine());
    const auto good = std::get<SignedVersion>(decode_signed(bytes));
    test::property([&](std::uint32_t seed) {
        std::mt19937 random(seed);
        std::string bent = bytes;
        bent[random() % bent.size()] ^= static_cast<char>(1U << random() % 8);
        const auto decoded = decode_signed(bent);
        if (const auto* version = std::get_if<SignedVersion>(&decoded)) {
            RC_ASSERT(version->text != good.text || version->signatures != good.signatures);
            RC_ASSERT(Chain(sha3_512(good.text)).append(*version).has_value());
        }
    });
}

TEST(Envelope, TheLargestLawFits) {
    SignedVersion version{std::string(kMaxConstitutionBytes, '"'), {}};
    for (unsigned i = 0; i < kMaxSignatures; ++i) {
        version.signatures.push_back(signature_of(static_cast<unsigned char>(i)));
    }
    EXPECT_LE(encode_signed(version).size(), kMaxEnvelopeBytes);
    EXPECT_EQ(said(encode_signed(version)), "taken");
    version.signatures.push_back(signature_of(255));
    EXPECT_EQ(said(encode_signed(version)), "/signatures must be a list of 0 to 64 items");
    version.signatures.clear();
    version.text = std::string(kMaxConstitutionBytes + 1, 'a');
    EXPECT_EQ(said(encode_signed(version)), "/text must have 1 to 262144 bytes");
}

TEST(Envelope, RefusesWhatItWouldNotHaveWritten) {
    const std::string good = encode_signed({"law", {signature_of(1), signature_of(2)}});
    const auto bent = [&](const std::string& from, const std::string& to) {
        return said(replaced(good, from, to));
    };
    const std::string canonical = "must be in canonical form (RFC 8785)";
    EXPECT_EQ(said(good), "taken");
    EXPECT_EQ(bent("\"text\":\"law\"", "\"text\":\"law\",\"text\":\"low\""),
              "\"text\" is given twice (byte " + std::to_string(good.size() + 12) + ")");
    EXPECT_EQ(bent("{\"public_key\"", "{\"public_key\":1,\"public_key\"").substr(0, 27),
              "\"public_key\" is given twice");
    EXPECT_EQ(bent("\"text\"", "\"more\":1,\"text\""), "/more is no field of a constitution here");
    EXPECT_EQ(bent("\"signature\"", "\"more\":1,\"signature\""),
              "/signatures/0/more is no field of a constitution here");
    EXPECT_EQ(bent("\"law\"", "\"l\\u0061w\""), canonical);
    EXPECT_EQ(bent(",", ", "), canonical);
    EXPECT_EQ(said(good + "\n"), canonical);
    EXPECT_EQ(said(" " + good), canonical);
    EXPECT_EQ(said(R"({"text":"law","signatures":[]})"), canonical);
    EXPECT_EQ(said(R"({"signatures":[],"text":""})"), "/text must have 1 to 262144 bytes");
    EXPECT_EQ(said(R"({"signatures":[],"text":7})"), "/text must be a text");
    EXPECT_EQ(said(R"({"signatures":{},"text":"law"})"),
              "/signatures must be a list of 0 to 64 items");
    EXPECT_EQ(said(R"({"signatures":[[]],"text":"law"})"), "/signatures/0 must be an object");
    EXPECT_EQ(said(R"({"text":"law"})"), "/signatures is required");
    EXPECT_EQ(said("[]"), "must be an object");
    EXPECT_EQ(said("\xef\xbb\xbf" + good).substr(0, 8), "not JSON");
    EXPECT_EQ(said(""), "not JSON: it ends too early (byte 0)");
    EXPECT_EQ(said(good.substr(0, good.size() - 1)).substr(0, 23), "not JSON: it ends too e");
    EXPECT_EQ(said(good + good).substr(0, 8), "not JSON");
    EXPECT_EQ(bent("law", "l\xffw").substr(0, 9), "not UTF-8");
    EXPECT_EQ(said(R"({"signatures":[{"public_key":[1]}],"text":"x"})").substr(0, 23),
              "nested more than 3 leve");
}

TEST(Envelope, SignaturesAreWholeAndOnce) {
    const auto said_of = [](const std::string& key, const std::string& signature) {
        return said(R"({"signatures":[{"public_key":")" + key + R"(","signature":")" + signature +
                    R"("}],"text":"law"})");
    };
    const std::string key = to_base64(std::string(32, 'k'));
    const std::string signature = to_base64(std::string(64, 's'));
    const std::string bad_key = "/signatures/0/public_key must be 32 bytes in base64";
    const std::string bad_signature = "/signatures/0/signature must be 64 bytes in base64";
    EXPECT_EQ(said_of(key, signature), "taken");
    EXPECT_EQ(said_of(to_base64(std::string(31, 'k')), signature), bad_key);
    EXPECT_EQ(said_of(to_base64(std::string(33, 'k')), signature), bad_key);
    EXPECT_EQ(said_of("", signature), bad_key);
    EXPECT_EQ(said_of(key.substr(0, 43), signature), bad_key);          // no padding
    EXPECT_EQ(said_of(replaced(key, "s=", "t="), signature), bad_key);  // spare bits set
    EXPECT_EQ(said_of(replaced(key, "a2", "a-"), signature), bad_key);  // base64url
    EXPECT_EQ(said_of(key, to_base64(std::string(63, 's'))), bad_signature);
    EXPECT_EQ(said_of(key, to_base64(std::string(65, 's'))), bad_signature);
    EXPECT_EQ(said_of(key, signature + "\\n"), bad_signature);

    const std::string twice = encode_signed({"law", {signature_of(1), signature_of(1)}});
    const std::string once_each =
        "/signatures/1/public_key must come after the key "
        "before it: each signs once";
    EXPECT_EQ(said(twice), once_each);
    const std::string good = encode_signed({"law", {signature_of(1), signature_of(2)}});
    const std::size_t comma = good.find("},{") + 1;
    const std::size_t begin = good.find('[') + 1;
    const std::size_t end = good.find(']');
    EXPECT_EQ(said(good.substr(0, begin) + good.substr(comma + 1, end - comma - 1) + "," +
                   good.substr(begin, comma - begin) + good.substr(end)),
              once_each);
}

TEST(Envelope, HoldsNothingUnseenAndNothingTooLong) {
    EXPECT_EQ(said(encode_signed({"a\x01", {}})),
              "/text must have no control character and no mark that turns the "
              "direction of writing");
    EXPECT_EQ(said(std::string(kMaxEnvelopeBytes + 1, ' ')), "must have at most 540672 bytes");
    EXPECT_EQ(said(std::string(kMaxEnvelopeBytes, ' ')).substr(0, 8), "not JSON");
}

}  // namespace
}  // namespace soma::domain
