#include "domain/ledger/merkle/note.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/error.h"
#include "note_signer.h"

namespace soma::domain {
namespace {

using testing::NoteSigner;

// The example of golang.org/x/mod/sumdb/note.
constexpr std::string_view kPeter =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr std::string_view kPetersNote =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/"
    "SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

std::string trouble(std::string_view text) {
    try {
        parse_note(text);
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
        return error.public_message();
    }
    return "";
}

std::string key_trouble(std::string_view text) {
    try {
        parse_note_key(text);
    } catch (const Error& error) {
        return error.public_message();
    }
    return "";
}

TEST(NoteTest, AKnownNoteIsByItsKey) {
    const auto key = parse_note_key(kPeter);
    EXPECT_EQ(key.name, "PeterNeumann");
    EXPECT_EQ(to_hex(key_id(key)), "c74f20a3");
    EXPECT_EQ(encode_note_key(key), kPeter);
    const auto note = parse_note(kPetersNote);
    EXPECT_EQ(check_signature(note, key), SignatureVerdict::valid);
    EXPECT_EQ(encode_note(note), kPetersNote);
}

TEST(NoteTest, EachKeyAnswersForItself) {
    const NoteSigner log("example.com/log", "log");
    const NoteSigner witness("example.com/witness", "witness", NoteKeyType::cosigner);
    const NoteSigner stranger("example.com/log", "stranger");
    Note note{"text\n", {}};
    log.add_to(note);
    witness.add_to(note);
    EXPECT_EQ(check_signature(note, log.key()), SignatureVerdict::valid);
    EXPECT_EQ(check_signature(note, witness.key()), SignatureVerdict::valid);
    EXPECT_EQ(check_signature(note, stranger.key()), SignatureVerdict::absent);
    // The same 32 bytes as a key of the other type are another key.
    NoteKey other = log.key();
    other.type = NoteKeyType::cosigner;
    EXPECT_EQ(check_signature(note, other), SignatureVerdict::absent);
    EXPECT_EQ(encode_note(parse_note(encode_note(note))), encode_note(note));
}

TEST(NoteTest, WhatClaimsToBeByAKeyAndIsNotSpoilsTheNote) {
    const NoteSigner log("example.com/log", "log");
    const NoteSigner stranger("example.com/log", "stranger");
    Note note{"text\n", {}};
    log.add_to(note);
    note.signatures.push_back({"example.com/log", key_id(log.key()), stranger.sign(note.text)});
    EXPECT_EQ(check_signature(note, log.key()), SignatureVerdict::wrong);
    note.signatures.pop_back();
    note.text = "another text\n";
    EXPECT_EQ(check_signature(note, log.key()), SignatureVerdict::wrong);
    note.signatures[0].bytes.pop_back();
    EXPECT_EQ(check_signature(note, log.key()), SignatureVerdict::wrong) << "cut short";
}

TEST(NoteTest, ACosignatureHoldsForItsTimeAlone) {
    const NoteSigner witness("w", "witness", NoteKeyType::cosigner);
    Note note{"text\n", {}};
    witness.add_to(note, 1'679'315'147);
    EXPECT_EQ(cosigned_message("a\n", 7), "cosignature/v1\ntime 7\na\n");
    EXPECT_EQ(check_signature(note, witness.key()), SignatureVerdict::valid);
    const auto signature = note.signatures[0].bytes.substr(8);
    note.signatures[0] = cosignature(witness.key(), 1'679'315'148, signature);
    EXPECT_EQ(check_signature(note, witness.key()), SignatureVerdict::wrong);
    // A plain signature of the text is none, whatever time is put before it.
    note.signatures[0] = cosignature(witness.key(), 7, witness.sign(note.text));
    EXPECT_EQ(check_signature(note, witness.key()), SignatureVerdict::wrong);
    note.signatures[0] = cosignature(witness.key(), 1ULL << 63,
                                     witness.sign(cosigned_message(note.text, 1ULL << 63)));
    EXPECT_EQ(check_signature(note, witness.key()), SignatureVerdict::wrong) << "time out of range";
}

TEST(NoteTest, WhatIsNoNoteIsRefusedWithItsReason) {
    const std::string line = "— k AAAAAAE=\n";
    EXPECT_EQ(trouble("a\n\n" + line), "");
    EXPECT_EQ(trouble("a\n\nb\n\n" + line), "") << "the last empty line parts it";
    const std::pair<std::string, const char*> cases[] = {
        {"", "a text, an empty line"},
        {"a\n", "a text, an empty line"},
        {"a\n\n", "a text, an empty line"},
        {"a\n" + line, "a text, an empty line"},
        {"a\n\n— k AAAAAAE=", "a text, an empty line"},
        {"a\n\n" + line + "\n", "a text, an empty line"},
        {"a\r\n\n" + line, "control characters"},
        {"\xff\n\n" + line, "UTF-8"},
        {"a\n\n- k AAAAAAE=\n", "em dash"},
        {"a\n\n— AAAAAAE=\n", "name of a key"},
        {"a\n\n—  AAAAAAE=\n", "name of a key"},
        {"a\n\n— k+ AAAAAAE=\n", "name of a key"},
        {"a\n\n— k\u00a0k AAAAAAE=\n", "name of a key"},
        {"a\n\n— " + std::string(kMaxKeyNameBytes + 1, 'k') + " AAAAAAE=\n", "name of a key"},
        {"a\n\n— k AAAAAA==\n", "key id and more"},
        {"a\n\n— k AAAAAAE\n", "key id and more"},
        {"a\n\n— k AAAAAAF=\n", "key id and more"},
        {"a\n\n— k AAAAAAE= \n", "key id and more"},
        {std::string(kMaxNoteBytes, 'a') + "\n\n" + line, "more than 16384 bytes"},
    };
    for (const auto& [text, reason] : cases) {
        EXPECT_NE(trouble(text).find(reason), std::string::npos) << text << ": " << trouble(text);
    }
    std::string many = "a\n\n";
    for (std::size_t i = 0; i < kMaxNoteSignatures; ++i) many += line;
    EXPECT_EQ(trouble(many), "");
    EXPECT_NE(trouble(many + line).find("more than 16 signatures"), std::string::npos);
}

TEST(NoteTest, WhatIsNoKeyIsRefusedWithItsReason) {
    const std::string peter(kPeter);
    const std::string identity = to_base64("\1\1" + std::string(31, '\0'));
    const std::pair<std::string, const char*> cases[] = {
        {"", "<name>+"},
        {"PeterNeumann", "<name>+"},
        {"+c74f20a3+" + peter.substr(22), "<name>+"},
        {"PeterNeumann+c74f20a4" + peter.substr(21), "of another key"},
        {"PeterNeumann+C74F20A3" + peter.substr(21), "of another key"},
        {"Peter" + peter.substr(12), "of another key"},
        {peter + "A", "base64"},
        {"a+00000000+" + to_base64("\2" + from_base64(peter.substr(22))->substr(1)), "neither"},
        {"a+00000000+" + identity, "no Ed25519 key"},
    };
    for (const auto& [text, reason] : cases) {
        EXPECT_NE(key_trouble(text).find(reason), std::string::npos)
            << text << ": " << key_trouble(text);
    }
}

}  // namespace
}  // namespace soma::domain
