#include "domain/backup/manifest.h"

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"

namespace soma::domain {
namespace {

const std::string kHash = to_hex(sha256("file"));

Manifest sample() {
    return {.created_at = *parse_rfc3339("2026-01-02T03:04:05.678901Z"),
            .schema = {"0010_restored_log", to_hex(sha256("schema"))},
            .log = {*Uuid::parse("00000000-0000-4000-8000-000000000001"), 65'536, 70'000,
                    sha256("leaf")},
            .tables = {{"tenants", {"id", "name"}, 2, 120, kHash},
                       {"memories", {"tenant", "id", "sealed"}, 9'007'199'254'740'991, 0, kHash}}};
}

std::string why(const std::string& text) {
    try {
        parse_manifest(text);
        return "";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
        return error.public_message();
    }
}

/// The sample with one piece of its text exchanged and the digest made to fit again.
std::string forged(const std::string& from, const std::string& to) {
    std::string text = manifest_text(sample());
    const std::size_t digest = text.find("\"digest\":\"");
    text.erase(digest, text.find(',', digest) - digest + 1);
    text.pop_back();  // the newline is not part of it
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    text.insert(digest, "\"digest\":\"" + to_hex(sha256(text)) + "\",");
    return text;
}

TEST(Manifest, ReadsWhatItWrote) {
    EXPECT_EQ(parse_manifest(manifest_text(sample())), sample());
    Manifest empty = sample();
    empty.log = {empty.log.id, 0, 0, ""};
    empty.tables.clear();
    EXPECT_EQ(parse_manifest(manifest_text(empty)), empty);
    EXPECT_EQ(parse_manifest(forged("tenants", "others")).tables[0].name, "others")
        << "what the next tests rest on";
}

TEST(Manifest, EveryChangedByteIsSeen) {
    const std::string whole = manifest_text(sample());
    for (std::size_t i = 0; i + 1 < whole.size(); ++i) {
        std::string damaged = whole;
        damaged[i] = static_cast<char>(damaged[i] ^ 1);
        EXPECT_NE(why(damaged), "") << damaged.substr(i, 20);
    }
    for (std::size_t i = 0; i + 1 < whole.size(); ++i) {
        EXPECT_NE(why(whole.substr(0, i)), "") << i;
    }
}

TEST(Manifest, RefusesWhatNoBackupWrites) {
    EXPECT_NE(why("").find("no JSON object"), std::string::npos);
    EXPECT_NE(why("[]").find("no JSON object"), std::string::npos);
    EXPECT_NE(why(forged("somabrain-backup/1", "somabrain-backup/2")).find("another format"),
              std::string::npos);
    EXPECT_NE(why(forged("\"rows\":2", "\"rows\":-2")).find("no count in rows"), std::string::npos);
    EXPECT_NE(why(forged("\"rows\":2", "\"rowz\":2")).find("lacks rows"), std::string::npos);
    EXPECT_NE(why(forged("\"tenants\"", "\"../tenants\"")).find("a name that is none"),
              std::string::npos);
    EXPECT_NE(why(forged("[\"id\",\"name\"]", "[\"id\",7]")).find("a name that is none"),
              std::string::npos);
    EXPECT_NE(why(forged(kHash, kHash.substr(2))).find("no SHA-256"), std::string::npos);
    EXPECT_NE(why(forged("2026-01-02T", "2026-13-02T")).find("when"), std::string::npos);
    EXPECT_NE(why(forged("00000000-0000-4000", "0000-0000-4000")).find("where the log stood"),
              std::string::npos);
}

TEST(Manifest, IsOfOneSchema) {
    const Manifest manifest = sample();
    EXPECT_NO_THROW(check_schema_of(manifest, manifest.schema));
    for (const SchemaVersion& other :
         {SchemaVersion{"0010_later", manifest.schema.sha256},
          SchemaVersion{manifest.schema.name, to_hex(sha256("changed"))}}) {
        try {
            check_schema_of(manifest, other);
            FAIL() << other.name;
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::conflict);
            EXPECT_NE(error.public_message().find("0010_restored_log"), std::string::npos);
        }
    }
}

TEST(Manifest, NamesItsFiles) {
    EXPECT_EQ(file_of(sample().tables[0]), "tenants.copy");
}

}  // namespace
}  // namespace soma::domain
