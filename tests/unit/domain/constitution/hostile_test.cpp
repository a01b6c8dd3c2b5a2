// Laws that must not come into force: each case takes something genuine, bends one thing, and names
// the reason it expects. Then updates that must. What needs stores (copies that disagree, a sealed
// vault) is a matter of services.
#include <gtest/gtest.h>

#include <functional>

#include "domain/constitution/chain.h"
#include "domain/constitution/update.h"
#include "support/law_forge.h"

namespace soma::domain {
namespace {

namespace json = boost::json;
using testing::document_of;
using testing::first_chain;
using testing::Holder;
using testing::holders;
using testing::kNow;
using testing::law_json;
using testing::next_json;
using testing::signed_by;
using testing::signers_json;

std::string said(const std::optional<LawRefusal>& refusal) {
    return refusal ? std::string(reason_name(refusal->reason)) + ": " + refusal->message : "taken";
}

/// What a start or an activation at `now` does with a stored version.
std::string offer(Chain chain, const SignedVersion& version, Time now = kNow) {
    const auto refusal = chain.append(version);
    return said(refusal ? refusal : check_term(*chain.law(), now));
}

struct Case {
    std::string name;
    std::string outcome;
    std::string reason;
};

void expect_refused(const std::vector<Case>& cases) {
    for (const Case& each : cases) {
        EXPECT_NE(each.outcome, "taken") << each.name;
        EXPECT_TRUE(each.outcome.starts_with(each.reason))
            << each.name << "\n  expected " << each.reason << "\n  got      " << each.outcome;
    }
}

/// A text in the place of version 2, with signatures that would do for a good one.
std::string offer_text(const std::string& text) {
    const Chain chain = first_chain();
    const auto good = signed_by(document_of(next_json(chain)), "abc");
    return offer(chain, {text, good.signatures});
}

/// Version 2 with one field bent, signed by a, b and c as far as its bytes can be.
std::string offer_bent(const std::function<void(json::object&)>& bend) {
    json::object law = next_json(first_chain());
    bend(law);
    return offer_text(to_canonical_json(law));
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    SOMA_ASSERT(at != std::string::npos, "the forge writes what is bent here");
    return text.replace(at, from.size(), to);
}

std::string good_text() {
    return document_of(next_json(first_chain())).text;
}

std::vector<Case> bent_texts() {
    const std::string text = good_text();
    const std::string canonical = "document: the document must be in canonical form (RFC 8785)";
    const auto swapped = [&](const std::string& from, const std::string& to) {
        return offer_text(replaced(text, from, to));
    };
    return {
        {"members in another order",
         offer_text("{\"version\":2," + replaced(replaced(text, ",\"version\":2", ""), "{", "")),
         canonical},
        {"white space", swapped(",", ", "), canonical},
        {"a line feed at the end", offer_text(text + "\n"), canonical},
        {"0.50 for 0.5", swapped("0.5", "0.50"), canonical},
        {"5e-1 for 0.5", swapped("0.5", "5e-1"), canonical},
        {"an escape for a letter", swapped("isolation", "\\u0069solation"), canonical},
        {"1.0 for an integer", swapped("\"version\":2", "\"version\":2.0"),
         "document: /version must be an integer written without point and exponent"},
        {"an exponent for an integer", swapped("\"threshold\":3", "\"threshold\":3e0"),
         "document: /threshold must be an integer written without point and exponent"},
        {"a repeated name", swapped("\"threshold\":3", "\"threshold\":3,\"threshold\":1"),
         "document: the document \"threshold\" is given twice"},
        {"a repeated name, escaped",
         swapped("\"threshold\":3", "\"threshold\":3,\"\\u0074hreshold\":1"),
         "document: the document \"threshold\" is given twice"},
        {"a byte order mark", offer_text("\xef\xbb\xbf" + text),
         "document: the document must not begin with a byte order mark"},
        {"UTF-16", offer_text(std::string("{\0\"\0", 4)), "document: the document not JSON"},
        {"truncated", offer_text(text.substr(0, text.size() - 1)),
         "document: the document not JSON: it ends too early"},
        {"truncated in the middle", offer_text(text.substr(0, text.size() / 2)),
         "document: the document not JSON: it ends too early"},
        {"empty", offer_text(""), "document: the document not JSON: it ends too early (byte 0)"},
        {"two documents", offer_text(text + text), "document: the document not JSON"},
        {"64 MiB", offer_text(std::string(64u << 20, ' ')),
         "document: the document must have at most 262144 bytes"},
        {"one byte too long",
         offer_text(text + std::string(kMaxConstitutionBytes + 1 - text.size(), ' ')),
         "document: the document must have at most 262144 bytes"},
        {"a thousand brackets", offer_text(std::string(1'000, '[')),
         "document: the document nested more than 16 levels deep"},
        {"NaN", swapped("0.5", "NaN"), "document: the document not JSON"},
        {"Infinity", swapped("0.5", "Infinity"), "document: the document not JSON"},
        {"a number beyond doubles", swapped("0.5", "1e999"),
         "document: the document a number is out of range"},
        {"a lone high surrogate", swapped("isolation", "\\ud83d"),
         "document: the document not JSON"},
        {"a lone low surrogate", swapped("isolation", "\\ude00"),
         "document: the document not JSON"},
        {"a surrogate in UTF-8", swapped("isolation", "\xed\xa0\x80"),
         "document: the document not UTF-8"},
        {"an overlong solidus", swapped("isolation", "\xc0\xaf"),
         "document: the document not UTF-8"},
        {"a trailing comma", swapped("\"version\":2}", "\"version\":2,}"),
         "document: the document not JSON"},
        {"a comment", swapped(",", ",/**/"), "document: the document not JSON"},
        {"single quotes", swapped("\"threshold\"", "'threshold'"),
         "document: the document not JSON"},
        {"a list", offer_text("[]"), "document: the document must be an object"},
    };
}

/// Version 2 with one field of its first signer bent.
std::string bent_signer(const char* field, json::value value) {
    return offer_bent([&](json::object& law) {
        law["signers"].as_array()[0].as_object()[field] = std::move(value);
    });
}

std::vector<Case> bent_fields() {
    const auto set = [](const char* name, json::value value) {
        return offer_bent([&](json::object& law) { law[name] = std::move(value); });
    };
    return {
        {"an unknown field", set("amendments", 1),
         "document: /amendments is no field of a constitution here"},
        {"another algorithm for a key", bent_signer("algorithm", "ecdsa-p256"),
         "document: /signers/0/algorithm is no field of a constitution here"},
        {"another algorithm for all", set("algorithm", "none"),
         "document: /algorithm is no field of a constitution here"},
        {"a missing field", offer_bent([](json::object& law) { law.erase("expires_at"); }),
         "document: /expires_at is required"},
        {"two keys under one id", bent_signer("id", "b"),
         "document: /signers/1/id is the id of an earlier signer"},
        {"a threshold of none", set("threshold", 0),
         "document: /threshold must be an integer from 1 to 5"},
        {"a threshold above the signers", set("threshold", 6),
         "document: /threshold must be an integer from 1 to 5"},
        {"no signers", set("signers", json::array()),
         "document: /signers must be a list of 1 to 32 items"},
        {"a term that ends before it begins", set("expires_at", "2025-01-01T00:00:00Z"),
         "document: /expires_at must be after issued_at"},
        {"a term of a century", set("expires_at", "2126-01-01T00:00:00Z"),
         "document: /expires_at must be after issued_at, by at most 3660 days"},
        {"a time in words", set("issued_at", "yesterday"),
         "document: /issued_at must be a time of RFC 3339"},
        {"a version beyond 2^53", set("version", 9'007'199'254'740'992u),
         "document: /version must be an integer from 1 to 9007199254740991"},
        {"a negative version", set("version", -1), "document: /version must be an integer"},
        {"a text that reads backwards", offer_bent([](json::object& law) {
             law["articles"].as_array()[0].as_object()["text"] =
                 "\xe2\x80\xae"
                 "all may";
         }),
         "document: /articles/0/text must have no control character"},
        {"a rule without an article", offer_bent([](json::object& law) {
             law["rules"].as_array()[0].as_object()["article"] = "none";
         }),
         "document: /rules/0/article is the id of no article"},
        {"an effect nobody knows", offer_bent([](json::object& law) {
             law["rules"].as_array()[0].as_object()["effect"] = {{"type", "allow_all"}};
         }),
         "document: /rules/0/effect/type must be the name of an effect"},
    };
}

std::vector<Case> bent_keys() {
    const auto key = [&](const char* hex) {
        return bent_signer("public_key", json::string(to_base64(*from_hex(hex))));
    };
    const std::string point =
        "document: /signers/0/public_key must be a point of Ed25519's prime-order subgroup";
    return {
        {"a P-256 point for a key",
         bent_signer("public_key", json::string(to_base64("\x02" + std::string(32, 'x')))),
         "document: /signers/0/public_key must be 32 bytes in base64"},
        {"the identity key",
         key("0100000000000000000000000000000000000000000000000000000000000000"), point},
        {"the identity key, not canonical",
         key("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"), point},
        {"a key of order 2",
         key("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"), point},
        {"a key of order 4",
         key("0000000000000000000000000000000000000000000000000000000000000000"), point},
        {"a key of order 8",
         key("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), point},
        {"a key of mixed order",
         key("cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d"), point},
        {"a key that is no point",
         key("0200000000000000000000000000000000000000000000000000000000000000"), point},
        {"one key under two ids",
         bent_signer("public_key", json::string(to_base64(Holder("b").public_key()))),
         "document: /signers/1/public_key is the key of an earlier signer: a key counts once"},
    };
}

std::vector<Case> bad_signatures() {
    const Chain chain = first_chain();
    const Document next = document_of(next_json(chain));
    const auto with = [&](const std::function<void(std::vector<Signature>&)>& bend) {
        SignedVersion version = signed_by(next, "abc");
        bend(version.signatures);
        return offer(chain, version);
    };
    const std::string residue = "\xed\xd3\xf5\x5c\x1a\x63\x12\x58\xd6\x9c\xf7\xa2\xde\xf9\xde\x14" +
                                std::string(15, '\0') + "\x10";
    const auto add_order = [&](std::vector<Signature>& list) {
        unsigned carry = 0;
        for (std::size_t i = 0; i < 32; ++i) {
            carry += static_cast<unsigned char>(list[0].bytes[32 + i]) +
                     static_cast<unsigned>(static_cast<unsigned char>(residue[i]));
            list[0].bytes[32 + i] = static_cast<char>(carry & 255);
            carry >>= 8;
        }
    };
    return {
        {"no signature", with([](auto& list) { list.clear(); }), "old_threshold: "},
        {"t − 1 signatures", with([](auto& list) { list.pop_back(); }),
         "old_threshold: too few signers of the version before: 2 of 3 needed"},
        {"t rows by t − 1 keys", with([](auto& list) { list[2] = list[1]; }), "repeated_signer: "},
        {"one key t times", with([](auto& list) { list[1] = list[2] = list[0]; }),
         "repeated_signer: "},
        {"an unknown signer", with([&](auto& list) { list[2] = Holder("x").sign(next); }),
         "unknown_signer: "},
        {"an unknown signer beside enough others",
         with([&](auto& list) { list.push_back(Holder("x").sign(next)); }), "unknown_signer: "},
        {"a flipped bit of S", with([](auto& list) { list[0].bytes[40] ^= 1; }), "bad_signature: "},
        {"a flipped bit of R", with([](auto& list) { list[0].bytes[3] ^= 1; }), "bad_signature: "},
        {"a flipped bit of the key", with([](auto& list) { list[0].public_key[3] ^= 1; }),
         "unknown_signer: "},
        {"S plus the group's order", with(add_order), "bad_signature: "},
        {"R not canonical", with([](auto& list) {
             list[0].bytes.replace(0, 32, "\xee" + std::string(30, '\xff') + "\x7f");
         }),
         "bad_signature: "},
        {"R the identity and S zero",
         with([](auto& list) { list[0].bytes = "\1" + std::string(63, '\0'); }), "bad_signature: "},
        {"a signature cut short", with([](auto& list) { list[0].bytes.pop_back(); }),
         "bad_signature: "},
        {"an empty signature", with([](auto& list) { list[0].bytes.clear(); }), "bad_signature: "},
        {"the text signed, not its identity",
         with([&](auto& list) { list[0] = Holder("a").sign(next.text); }), "bad_signature: "},
        {"the hash signed without context",
         with([&](auto& list) { list[0] = Holder("a").sign(next.hash); }), "bad_signature: "},
        {"the version before signed",
         with([&](auto& list) { list[0] = Holder("a").sign(*chain.head()); }), "bad_signature: "},
        {"another's signature under one's key",
         with([&](auto& list) { list[0].bytes = list[1].bytes; }), "bad_signature: "},
    };
}

/// Version 2 passes the law from a–e (3 of 5) to d–h (3 of 5).
Document rotation(const Chain& chain) {
    json::object law = next_json(chain);
    law["signers"] = signers_json("defgh");
    return document_of(law);
}

std::vector<Case> bad_rotations() {
    Chain chain = first_chain();
    const Document next = rotation(chain);
    json::object raised = next_json(chain);
    raised["threshold"] = 5;
    json::object lowered = next_json(chain);
    lowered["threshold"] = 1;
    std::vector<Case> cases{
        {"the old set alone", offer(chain, signed_by(next, "abc")),
         "new_threshold: too few of its own signers: 0 of 3 needed"},
        {"the old set and one of both", offer(chain, signed_by(next, "abcd")),
         "new_threshold: too few of its own signers: 1 of 3 needed"},
        {"the new set alone", offer(chain, signed_by(next, "fgh")),
         "old_threshold: too few signers of the version before: 0 of 3 needed"},
        {"the new set and one too few of the old", offer(chain, signed_by(next, "adfgh")),
         "old_threshold: too few signers of the version before: 2 of 3 needed"},
        {"a raised threshold that only the old one reaches",
         offer(chain, signed_by(document_of(raised), "abcd")),
         "new_threshold: too few of its own signers: 4 of 5 needed"},
        {"a lowered threshold used at once", offer(chain, signed_by(document_of(lowered), "a")),
         "old_threshold: too few signers of the version before: 1 of 3 needed"},
    };
    EXPECT_FALSE(chain.append(signed_by(next, "abcdefgh")));
    json::object third = next_json(chain);
    third["signers"] = signers_json("defgh");
    cases.push_back({"revoked signers", offer(chain, signed_by(document_of(third), "abc")),
                     "unknown_signer: "});
    cases.push_back({"a revoked signer beside enough others",
                     offer(chain, signed_by(document_of(third), "defa")), "unknown_signer: "});
    return cases;
}

std::vector<Case> bad_successions() {
    Chain chain = first_chain();
    const SignedVersion first = signed_by(*chain.head(), "abc");
    const SignedVersion second = signed_by(document_of(next_json(chain)), "abc");
    const std::string root = chain.hash(1);
    const auto successor = [&](std::uint64_t version, const std::string& previous) {
        return offer(chain, signed_by(document_of(law_json(version, previous)), "abc"));
    };
    json::object other = law_json();
    other["threshold"] = 2;
    json::object early = next_json(chain);
    early["issued_at"] = "2025-12-31T00:00:00Z";
    Chain longer = chain;
    EXPECT_FALSE(longer.append(second));
    const auto days = [](int count) { return kNow + std::chrono::hours(24 * count); };
    return {
        {"version N again", offer(chain, first), "version: version 1 cannot follow version 1"},
        {"version N replayed later", offer(longer, second),
         "version: version 2 cannot follow version 2"},
        {"version N − 1 replayed", offer(longer, first), "version: version 1 cannot follow"},
        {"version N + 2", successor(3, root), "version: version 3 cannot follow version 1"},
        {"version 2^53 − 1", successor(kMaxVersion, root), "version: version 9007199254740991"},
        {"previous of another history", successor(2, std::string(64, 'x')), "previous: "},
        {"previous of zeros", successor(2, std::string(64, '\0')), "previous: "},
        {"previous of itself", successor(2, document_of(next_json(chain)).hash), "previous: "},
        {"another version 1", offer(Chain(root), signed_by(document_of(other), "abc")),
         "trust_root: "},
        {"no trust root", offer(Chain(""), first), "trust_root: "},
        {"version 2 first", offer(Chain(root), second),
         "version: version 2 cannot follow version 0"},
        {"issued before its predecessor", offer(chain, signed_by(document_of(early), "abc")),
         "not_yet_valid: version 2 is issued before its predecessor"},
        {"expired", offer(chain, second, days(190)), "expired: version 2 expired at"},
        {"the clock a year ahead", offer(chain, second, days(365)), "expired: "},
        {"the clock a year behind", offer(chain, second, days(-365)),
         "not_yet_valid: version 2 is issued in the future"},
    };
}

std::vector<Case> bad_marks() {
    Chain chain = first_chain();
    const std::string root = chain.hash(1);
    EXPECT_FALSE(chain.append(signed_by(document_of(next_json(chain)), "abc")));
    Chain behind(root);
    EXPECT_FALSE(behind.append(signed_by(document_of(law_json()), "abc")));
    const auto newer = [&](std::string_view place) {
        const Mark mark{place, 2, chain.hash(2)};
        return said(check_marks(behind, {&mark, 1}));
    };
    const Mark another{"redis", 2, root};
    const Mark all[] = {{"postgresql", 1, root},
                        {"redis", 1, root},
                        {"snapshots", 1, root},
                        {"openbao", 2, chain.hash(2)}};
    return {
        {"postgresql rolled back", newer("redis"), "rolled_back: redis has seen version 2"},
        {"redis and postgresql rolled back", newer("snapshots"), "rolled_back: snapshots has"},
        {"all three rolled back", said(check_marks(behind, all)), "rolled_back: openbao has seen"},
        {"redis holds another text", said(check_marks(chain, {&another, 1})),
         "disagreement: redis holds another version 2"},
    };
}

TEST(Hostile, BentTextsAreRefused) {
    expect_refused(bent_texts());
}

TEST(Hostile, BentFieldsAreRefused) {
    expect_refused(bent_fields());
}

TEST(Hostile, BentKeysAreRefused) {
    expect_refused(bent_keys());
}

TEST(Hostile, BadSignaturesAreRefused) {
    expect_refused(bad_signatures());
}

TEST(Hostile, BadRotationsAreRefused) {
    expect_refused(bad_rotations());
}

TEST(Hostile, BadSuccessionsAreRefused) {
    expect_refused(bad_successions());
}

TEST(Hostile, StoresThatWereRolledBackAreRefused) {
    expect_refused(bad_marks());
}

}  // namespace
}  // namespace soma::domain
