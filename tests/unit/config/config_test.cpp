#include "config/config.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "base/error.h"

namespace soma::config {
namespace {

using Values = std::map<std::string, std::string>;

Config load_from(const Values& values) {
    return load([&](const std::string& name) -> std::optional<std::string> {
        const auto found = values.find(name);
        if (found == values.end()) return std::nullopt;
        return found->second;
    });
}

std::string message_for(const Values& values) {
    try {
        load_from(values);
    } catch (const Error& error) {
        return error.public_message();
    }
    return "accepted";
}

class Files : public ::testing::Test {
  protected:
    void SetUp() override { std::filesystem::create_directories(dir_); }
    void TearDown() override { std::filesystem::remove_all(dir_); }
    std::string write(const std::string& name, const std::string& content) {
        const auto path = (dir_ / name).string();
        std::ofstream(path, std::ios::binary) << content;
        return path;
    }
    std::filesystem::path dir_ =
        std::filesystem::temp_directory_path() /
        ("somabrain_config_" + std::to_string(::testing::UnitTest::GetInstance()->random_seed()) +
         "_" + std::to_string(::getpid()));
};

TEST_F(Files, DefaultsHold) {
    // A ports.json of a running stack in the working directory must not speak here.
    const auto config = load_from({{"SOMABRAIN_PORTS_FILE", write("ports.json", "{}")}});
    EXPECT_EQ(config.http_port, 9696);
    EXPECT_EQ(config.ops_address, "127.0.0.1");
    EXPECT_EQ(config.events_partition_rows, 1 << 22);
    EXPECT_EQ(config.jwt_algorithms, std::vector<std::string>{"ES256"});
    EXPECT_EQ(config.vault_address(), "http://127.0.0.1:8200");
    EXPECT_EQ(config.jwt_issuer, "") << "no issuer is built in";
}

TEST(Config, VariablesWin) {
    const auto config = load_from({{"SOMABRAIN_HTTP_PORT", "1"},
                                   {"SOMABRAIN_JWT_ALGORITHMS", "ES256, EdDSA"},
                                   {"SOMABRAIN_QUERY_CACHE_ENTRIES", "0"},
                                   {"SOMABRAIN_JWT_ISSUER", "https://issuer.example"}});
    EXPECT_EQ(config.http_port, 1);
    EXPECT_EQ(config.jwt_algorithms, (std::vector<std::string>{"ES256", "EdDSA"}));
    EXPECT_EQ(config.query_cache_entries, 0);
    EXPECT_EQ(config.jwt_issuer, "https://issuer.example");
}

TEST(Config, AWrongNumberIsOneLineWithVariableValueAndLimit) {
    EXPECT_EQ(message_for({{"SOMABRAIN_HTTP_PORT", "65536"}}),
              "SOMABRAIN_HTTP_PORT=65536: must be a whole number from 1 to 65535");
    EXPECT_EQ(message_for({{"SOMABRAIN_REDIS_TIMEOUT_MS", "soon"}}),
              "SOMABRAIN_REDIS_TIMEOUT_MS=soon: must be a whole number from 1 to 60000 (ms)");
    EXPECT_EQ(message_for({{"SOMABRAIN_EVENTS_PARTITION_ROWS", "65537"}}),
              "SOMABRAIN_EVENTS_PARTITION_ROWS=65537: must be a whole number from 65536 to "
              "1073741824 (rows), a multiple of 65536");
    for (const char* value :
         {"", " 80", "80 ", "0x50", "8e1", "-1", "99999999999999999999", "80.0"}) {
        EXPECT_NE(message_for({{"SOMABRAIN_HTTP_PORT", value}}), "accepted") << value;
    }
}

TEST(Config, AWrongWordIsToldTheLegalOnes) {
    EXPECT_EQ(message_for({{"SOMABRAIN_LOG_LEVEL", "loud"}}),
              "SOMABRAIN_LOG_LEVEL=loud: must be one of: debug info warn error");
    EXPECT_EQ(message_for({{"SOMABRAIN_JWT_ALGORITHMS", "ES256,none"}}),
              "SOMABRAIN_JWT_ALGORITHMS=ES256,none: must be one of: ES256 RS256 EdDSA");
    EXPECT_EQ(message_for({{"SOMABRAIN_JWT_ALGORITHMS", " , "}}),
              "SOMABRAIN_JWT_ALGORITHMS= , : must name at least one");
}

TEST(Config, LengthsAreBounded) {
    EXPECT_EQ(message_for({{"SOMABRAIN_POSTGRES_USER", std::string(64, 'u')}}),
              "SOMABRAIN_POSTGRES_USER=…: must have 1 to 63 bytes");
    EXPECT_EQ(message_for({{"SOMABRAIN_POSTGRES_HOST", ""}}),
              "SOMABRAIN_POSTGRES_HOST=: must have 1 to 1024 bytes");
}

TEST(Config, ASecretIsNeverPrinted) {
    const std::string secret(5000, 'q');
    const auto message = message_for({{"SOMABRAIN_POSTGRES_PASSWORD", secret}});
    EXPECT_EQ(message, "SOMABRAIN_POSTGRES_PASSWORD: its value must have 0 to 4096 bytes");
}

TEST_F(Files, ASecretComesFromItsFileWithoutTheLastNewline) {
    const auto path = write("secret", "hunter 2\r\n\n");
    EXPECT_EQ(load_from({{"SOMABRAIN_REDIS_PASSWORD_FILE", path}}).redis_password, "hunter 2");
    EXPECT_EQ(
        load_from({{"SOMABRAIN_REDIS_PASSWORD_FILE", path}, {"SOMABRAIN_REDIS_PASSWORD", "x"}})
            .redis_password,
        "x")
        << "the variable itself wins";
}

TEST_F(Files, ASecretFileThatCannotBeUsedIsNamed) {
    EXPECT_EQ(message_for({{"SOMABRAIN_REDIS_PASSWORD_FILE", "/nonexistent"}}),
              "SOMABRAIN_REDIS_PASSWORD_FILE=/nonexistent: cannot be read");
    const auto big = write("big", std::string(65 * 1024, 'x'));
    EXPECT_EQ(message_for({{"SOMABRAIN_REDIS_PASSWORD_FILE", big}}),
              "SOMABRAIN_REDIS_PASSWORD_FILE=" + big + ": is longer than 64 KiB");
}

TEST_F(Files, PortsComeFromThePortsFileUnlessAVariableSetsThem) {
    const auto path =
        write("ports.json", R"({"SOMABRAIN_HTTP_PORT": 7001, "POSTGRES_PORT": 7002})");
    const auto config =
        load_from({{"SOMABRAIN_PORTS_FILE", path}, {"SOMABRAIN_POSTGRES_PORT", "7003"}});
    EXPECT_EQ(config.http_port, 7001);
    EXPECT_EQ(config.postgres_port, 7003);
    EXPECT_EQ(config.redis_port, 6379);
}

TEST_F(Files, ADamagedPortsFileStopsTheStart) {
    const auto path = write("ports.json", "{");
    EXPECT_EQ(message_for({{"SOMABRAIN_PORTS_FILE", path}}),
              "SOMABRAIN_PORTS_FILE=" + path + ": is not a JSON object");
    EXPECT_EQ(message_for({{"SOMABRAIN_PORTS_FILE", "/nonexistent"}}),
              "SOMABRAIN_PORTS_FILE=/nonexistent: cannot be read");
    const auto wrong = write("wrong.json", R"({"REDIS_PORT": true})");
    EXPECT_EQ(message_for({{"SOMABRAIN_PORTS_FILE", wrong}}),
              "SOMABRAIN_REDIS_PORT=true: must be a whole number from 1 to 65535");
}

TEST(Config, UnknownVariablesAreFound) {
    const std::vector<std::string> names = {
        "SOMABRAIN_HTTP_PROT",      "PATH",
        "SOMABRAIN_HTTP_PORT",      "SOMABRAIN_PORTS_FILE",
        "SOMABRAIN_HTTP_PORT_FILE", "SOMABRAIN_REDIS_PASSWORD_FILE"};
    EXPECT_EQ(unknown_variables(names),
              (std::vector<std::string>{"SOMABRAIN_HTTP_PROT", "SOMABRAIN_HTTP_PORT_FILE"}));
}

}  // namespace
}  // namespace soma::config
