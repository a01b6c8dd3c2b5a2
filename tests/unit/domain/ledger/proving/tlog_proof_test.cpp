#include "domain/ledger/proving/tlog_proof.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/error.h"
#include "domain/ledger/merkle/tile.h"
#include "unit/domain/ledger/merkle/merkle.h"
#include "unit/domain/ledger/merkle/note_signer.h"

namespace soma::domain {
namespace {

using soma::testing::Hashes;
using soma::testing::NoteSigner;
using soma::testing::rfc_root;
using soma::testing::source_of;

constexpr std::size_t kSize = 11;
constexpr std::size_t kIndex = 6;

std::string entry_of(std::size_t index) {
    return R"({"action":"memory.recall","n":)" + std::to_string(index) + "}";
}

class TlogProofTest : public ::testing::Test {
  protected:
    TlogProofTest() {
        for (std::size_t i = 0; i < kSize; ++i) {
            leaves.push_back(leaf_hash(entry_of(i)));
        }
        proof.index = kIndex;
        proof.hashes = inclusion_proof(kIndex, kSize, source_of(leaves));
        note = log.checkpoint(kSize, rfc_root(leaves));
        proof.checkpoint = encode_note(note);
        proof.extra = entry;
    }
    /// "" or why the proof proves nothing.
    std::string trouble(const TlogProof& of) const { return trouble(of, entry); }
    std::string trouble(const TlogProof& of, const std::string& given) const {
        return check_tlog_proof(of, given, keys).trouble;
    }
    static std::string refusal(const std::string& text) {
        try {
            parse_tlog_proof(text);
            return "";
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
            return error.public_message();
        }
    }

    const std::string entry = entry_of(kIndex);
    const NoteSigner log{"somabrain.local/ledger/1", "log"};
    const NoteSigner witness{"somabrain.local/witness", "witness", NoteKeyType::cosigner};
    AuditKeys keys{{log.key()}, std::nullopt};
    Hashes leaves;
    TlogProof proof;
    Note note;
};

TEST_F(TlogProofTest, IsWrittenAsC2spSays) {
    std::string text = "c2sp.org/tlog-proof@v1\nextra " + to_base64(entry) + "\nindex 6\n";
    for (const auto& hash : proof.hashes) text += to_base64(hash) + "\n";
    text += "\n" + proof.checkpoint;
    EXPECT_EQ(encode_tlog_proof(proof), text);
    EXPECT_EQ(parse_tlog_proof(text), proof);
    proof.extra.reset();
    proof.hashes.clear();
    EXPECT_EQ(encode_tlog_proof(proof), "c2sp.org/tlog-proof@v1\nindex 6\n\n" + proof.checkpoint);
    EXPECT_EQ(parse_tlog_proof(encode_tlog_proof(proof)), proof);
}

TEST_F(TlogProofTest, AGenuineOneProves) {
    const auto report = check_tlog_proof(proof, entry, keys);
    EXPECT_EQ(report.trouble, "");
    EXPECT_EQ(report.size, kSize);
}

TEST_F(TlogProofTest, WhatWasForgedProvesNothing) {
    EXPECT_NE(trouble(proof, entry + " "), "") << "another entry";
    EXPECT_NE(trouble(proof, entry_of(kIndex + 1)), "") << "an entry of the same log";
    TlogProof forged = proof;
    forged.index = kIndex + 1;
    EXPECT_NE(trouble(forged), "") << "another place";
    forged = proof;
    forged.hashes.pop_back();
    EXPECT_NE(trouble(forged), "") << "cut";
    forged = proof;
    forged.hashes[1][5] ^= 1;
    EXPECT_NE(trouble(forged), "") << "another path";
    forged = proof;
    forged.hashes = inclusion_proof(kIndex, kSize - 1, source_of(leaves));
    EXPECT_NE(trouble(forged), "") << "of a tree of another size";
    forged = proof;
    forged.index = kSize;
    EXPECT_NE(trouble(forged), "") << "outside the tree";
}

TEST_F(TlogProofTest, TheCheckpointMustBeTheLogs) {
    TlogProof forged = proof;
    forged.checkpoint = encode_note(
        NoteSigner("somabrain.local/ledger/1", "another key").checkpoint(kSize, rfc_root(leaves)));
    EXPECT_NE(trouble(forged).find("not signed by the log's key"), std::string::npos);
    forged.checkpoint = encode_note(
        NoteSigner("somabrain.local/ledger/2", "log").checkpoint(kSize, rfc_root(leaves)));
    EXPECT_NE(trouble(forged).find("another log's"), std::string::npos);
    note.signatures[0].bytes[3] ^= 1;
    forged.checkpoint = encode_note(note);
    EXPECT_NE(trouble(forged).find("not by the log's key"), std::string::npos);
    forged.checkpoint = "nothing";
    EXPECT_NE(trouble(forged), "");
}

TEST_F(TlogProofTest, WhoeverAsksForAWitnessGetsOne) {
    keys.witness = witness.key();
    EXPECT_NE(trouble(proof).find("not cosigned"), std::string::npos);
    witness.add_to(note);
    proof.checkpoint = encode_note(note);
    EXPECT_EQ(trouble(proof), "");
    note.signatures.back().bytes[20] ^= 1;
    proof.checkpoint = encode_note(note);
    EXPECT_NE(trouble(proof).find("not by the witness"), std::string::npos);
}

TEST_F(TlogProofTest, OneTextForOneProof) {
    const std::string text = encode_tlog_proof(proof);
    const auto with = [&text](const std::string& old, const std::string& now) {
        std::string other = text;
        other.replace(other.find(old), old.size(), now);
        return other;
    };
    EXPECT_EQ(refusal(text), "");
    EXPECT_NE(refusal(with("@v1", "@v2")), "");
    EXPECT_NE(refusal(with("index 6", "index 06")), "");
    EXPECT_NE(refusal(with("index 6", "index +6")), "");
    EXPECT_NE(refusal(with("index 6", "index 6 ")), "");
    EXPECT_NE(refusal(with("index 6", "index -6")), "");
    EXPECT_NE(refusal(with("index 6\n", "")), "");
    EXPECT_NE(refusal(with("index 6", "index 99999999999999999999")), "");
    EXPECT_NE(refusal(with("extra ", "extra !")), "");
    EXPECT_NE(refusal(with("extra ", "Extra ")), "");
    EXPECT_NE(refusal(with("\n", "\r\n")), "");
    EXPECT_NE(refusal(with("index 6\n", "index 6\nAAAA\n")), "");
    EXPECT_NE(refusal("c2sp.org/tlog-proof@v1\nindex 6\n"), "") << "cut short";
    EXPECT_NE(refusal(""), "");
    EXPECT_NE(refusal(text + std::string(kMaxTlogProofBytes, 'x')), "");
    TlogProof many = proof;
    many.hashes.assign(kMaxProofHashes + 1, std::string(32, 'h'));
    EXPECT_NE(refusal(encode_tlog_proof(many)), "");
    many.hashes.pop_back();
    many.extra = std::string(kMaxEntryBytes, 'e');
    many.checkpoint = std::string(kMaxNoteBytes, 'n');
    EXPECT_EQ(refusal(encode_tlog_proof(many)), "") << "the largest there can be";
}

}  // namespace
}  // namespace soma::domain
