#include "domain/ledger/witness/protocol.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "unit/domain/ledger/merkle/merkle.h"
#include "unit/domain/ledger/merkle/note_signer.h"

namespace soma::domain {
namespace {

using namespace testing;

const NoteSigner kLog("example.com/log", "log");
const NoteSigner kWitness("example.com/witness", "witness", NoteKeyType::cosigner);
const NoteSigner kOther("example.com/other", "other", NoteKeyType::cosigner);

AddCheckpoint request(std::uint64_t from, std::uint64_t to) {
    const auto leaves = some_leaves(to);
    const auto note = kLog.checkpoint(to, rfc_root(leaves));
    return {from, consistency_proof(from, to, source_of(leaves)), note,
            parse_checkpoint(note.text)};
}

/// The reason why it is refused, or "".
std::string why_not(const std::string& body) {
    try {
        parse_add_checkpoint(body);
        return "";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
        return error.public_message().substr(error.public_message().find(": ") + 2);
    }
}

TEST(WitnessProtocolTest, WhatIsWrittenIsRead) {
    for (const std::uint64_t from : {0, 1, 5, 8, 13}) {
        const auto sent = request(from, 13);
        const std::string body = encode_add_checkpoint(sent);
        const auto read = parse_add_checkpoint(body);
        EXPECT_EQ(read.old_size, from);
        EXPECT_EQ(read.proof, sent.proof);
        EXPECT_EQ(read.checkpoint, sent.checkpoint);
        EXPECT_EQ(encode_add_checkpoint(read), body);
    }
}

TEST(WitnessProtocolTest, TheRequestIsAsTheSpecificationHasIt) {
    const auto body = encode_add_checkpoint(request(1, 2));
    const auto leaves = some_leaves(2);
    EXPECT_TRUE(body.starts_with("old 1\n" + to_base64(leaves[1]) + "\n\nexample.com/log\n2\n" +
                                 to_base64(rfc_root(leaves)) + "\n\n\u2014 example.com/log "));
}

TEST(WitnessProtocolTest, WhatIsNoRequestIsRefusedWithItsReason) {
    const std::string note = encode_note(kLog.checkpoint(3, rfc_root(some_leaves(3))));
    const std::string hash = to_base64(some_leaves(1)[0]) + "\n";
    EXPECT_EQ(why_not("old 0\n\n" + note), "");
    const std::string shape = "it is an old size, hashes, an empty line, and a signed note";
    EXPECT_EQ(why_not(""), shape);
    EXPECT_EQ(why_not("old 0"), shape);
    EXPECT_EQ(why_not("old 0\n"), shape);
    for (const auto* first : {"0", "old", "old ", "old 00", "old -1", "old +1", "old 1 ", "Old 1",
                              "old  1", "old 1\r", "old 9223372036854775808"}) {
        EXPECT_EQ(why_not(std::string(first) + "\n\n" + note),
                  "its first line is \"old\" and a size")
            << first;
    }
    EXPECT_EQ(why_not("old 1\nAAAA\n\n" + note), "a line of its proof is base64 of 32 bytes");
    EXPECT_EQ(why_not("old 1\n" + hash.substr(1) + "\n" + note),
              "a line of its proof is base64 of 32 bytes");
    EXPECT_EQ(why_not("old 4\n\n" + note), "its old size is above the checkpoint's");
    std::string proof;
    for (std::size_t i = 0; i < kMaxWitnessProofHashes; ++i) proof += hash;
    EXPECT_EQ(why_not("old 1\n" + proof + "\n" + note), "");
    EXPECT_EQ(why_not("old 1\n" + proof + hash + "\n" + note), "it has more than 63 hashes");
    EXPECT_EQ(why_not("old 1\n\n" + std::string(kMaxAddCheckpointBytes, 'x')),
              "it has more than " + std::to_string(kMaxAddCheckpointBytes) + " bytes");
    EXPECT_NE(why_not("old 1\n\nexample.com/log\n3\n"), "") << "a checkpoint that nobody signed";
}

TEST(WitnessProtocolTest, TheLongestRequestFits) {
    // As many hashes and as long a note as there may be.
    auto asked = request(3, 4);
    asked.proof.assign(kMaxWitnessProofHashes, std::string(32, 'h'));
    asked.old_size = kMaxTreeSize;
    asked.checkpoint.size = kMaxTreeSize;
    asked.note.text = checkpoint_text(asked.checkpoint);
    EXPECT_LE(encode_add_checkpoint(asked).size() - encode_note(asked.note).size() + kMaxNoteBytes,
              kMaxAddCheckpointBytes);
    EXPECT_EQ(parse_add_checkpoint(encode_add_checkpoint(asked)).proof.size(),
              kMaxWitnessProofHashes);
}

TEST(WitnessProtocolTest, ASizeHasOneForm) {
    EXPECT_EQ(encode_size_answer(20'852'014), "20852014\n");
    EXPECT_EQ(parse_size_answer("20852014\n"), 20'852'014U);
    EXPECT_EQ(parse_size_answer("0\n"), 0U);
    for (const auto* wrong : {"", "\n", "1", "01\n", "1\n\n", "-1\n", "9223372036854775808\n"}) {
        EXPECT_EQ(parse_size_answer(wrong), std::nullopt) << wrong;
    }
}

TEST(WitnessProtocolTest, OnlyTheWitnessAskedIsHeard) {
    const auto note = kLog.checkpoint(3, rfc_root(some_leaves(3)));
    const auto line = [&](const NoteSigner& by, const std::string& text) {
        Note cosigned{text, {}};
        by.add_to(cosigned);
        return encode_signature(cosigned.signatures[0]);
    };
    const std::vector<NoteKey> asked{kWitness.key()};
    const auto genuine = line(kWitness, note.text);
    const auto others = line(kOther, note.text);
    EXPECT_EQ(cosignature_line(note, genuine, asked), genuine);
    EXPECT_EQ(cosignature_line(note, others + genuine, asked), genuine);
    EXPECT_EQ(cosignature_line(note, others, asked), std::nullopt);
    EXPECT_EQ(cosignature_line(note, "", asked), std::nullopt);
    EXPECT_EQ(cosignature_line(note, "\n", asked), std::nullopt);
    const auto elsewhere = line(kWitness, kLog.checkpoint(4, rfc_root(some_leaves(4))).text);
    EXPECT_EQ(cosignature_line(note, elsewhere, asked), std::nullopt) << "of another tree";
    EXPECT_EQ(cosignature_line(note, genuine + elsewhere, asked), std::nullopt);
    EXPECT_EQ(cosignature_line(note, genuine.substr(0, genuine.size() - 1), asked), std::nullopt);
    std::string flood;
    for (int i = 0; i < 40; ++i) flood += others;
    EXPECT_EQ(cosignature_line(note, flood + genuine, asked), std::nullopt) << "bounded";
    // A text that ends its own note and goes on behind it must not be believed.
    EXPECT_EQ(cosignature_line(note, "more text\n\n" + genuine, asked), std::nullopt);
}

}  // namespace
}  // namespace soma::domain
