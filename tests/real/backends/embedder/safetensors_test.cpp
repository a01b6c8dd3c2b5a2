#include "backends/embedder/minilm/safetensors.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <functional>
#include <string>

#include "base/error.h"
#include "support/oracle/oracle.h"

namespace soma::backends {
namespace {

/// Two floats under one name; the caller varies the header.
std::string file_with(std::string header, std::size_t claimed_extra = 0) {
    while ((header.size() + 8) % 4 != 0) header += ' ';
    std::string bytes(8, '\0');
    const std::uint64_t size = header.size() + claimed_extra;
    std::memcpy(bytes.data(), &size, sizeof size);
    bytes += header;
    const float values[] = {1.5F, -2.0F};
    bytes.append(reinterpret_cast<const char*>(values), sizeof values);
    return bytes;
}

constexpr const char* kGood = R"({"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},
    "__metadata__":{"format":"pt"}})";

std::string reason(const std::function<void()>& act) {
    try {
        act();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::unavailable);
        EXPECT_EQ(error.public_message().find('\n'), std::string::npos);
        return error.public_message();
    }
    return "nothing thrown";
}

TEST(Safetensors, ReadsATensor) {
    const std::string bytes = file_with(kGood);
    const auto values = Safetensors(bytes).floats("a", {1, 2});
    ASSERT_EQ(values.size(), 2U);
    EXPECT_EQ(values[0], 1.5F);
    EXPECT_EQ(values[1], -2.0F);
}

TEST(Safetensors, RefusesBrokenFiles) {
    const auto whole = [](const std::string& bytes) {
        return [bytes] { Safetensors file(bytes); };
    };
    EXPECT_NE(reason(whole("abc")).find("shorter"), std::string::npos);
    EXPECT_NE(reason(whole(file_with(kGood, 1U << 19))).find("does not fit"), std::string::npos);
    EXPECT_NE(reason(whole(file_with(kGood, ~std::uint64_t{0} >> 1))).find("does not fit"),
              std::string::npos);
    EXPECT_NE(reason(whole(file_with("{\"a\":"))).find("malformed"), std::string::npos);
    EXPECT_NE(reason(whole(file_with("[]"))).find("malformed"), std::string::npos);
    EXPECT_NE(reason(whole(file_with(R"({"a":{"dtype":"F32"}})"))).find("malformed"),
              std::string::npos);
    for (const char* offsets : {"[0,12]", "[8,4]", "[0]", "[18446744073709551615,0]"}) {
        const std::string header =
            R"({"a":{"dtype":"F32","shape":[2],"data_offsets":)" + std::string(offsets) + "}}";
        EXPECT_NE(reason(whole(file_with(header))).find("outside"), std::string::npos) << offsets;
    }
}

TEST(Safetensors, RefusesTensorsOfAnotherKind) {
    const auto ask = [](const std::string& header, std::vector<std::uint64_t> shape) {
        return reason([&] {
            const std::string bytes = file_with(header);
            (void)Safetensors(bytes).floats("a", shape);
        });
    };
    EXPECT_NE(ask("{}", {2}).find("missing"), std::string::npos);
    EXPECT_NE(ask(kGood, {2}).find("shape"), std::string::npos);
    EXPECT_NE(ask(R"({"a":{"dtype":"F16","shape":[2],"data_offsets":[0,8]}})", {2}).find("type"),
              std::string::npos);
    EXPECT_NE(ask(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", {3}).find("size"),
              std::string::npos);
    EXPECT_NE(ask(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}})", {1}).find("align"),
              std::string::npos);
    EXPECT_NE(ask(R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}})",
                  {4611686018427387904U, 4})
                  .find("size"),
              std::string::npos);
}

TEST(MappedFile, MapsReadsAndRefuses) {
    const test::ScratchFolder scratch;
    std::ofstream(scratch.path() / "some") << "content";
    std::ofstream(scratch.path() / "empty");
    const MappedFile file(scratch.path() / "some");
    EXPECT_EQ(file.bytes(), "content");
    file.drop_pages();
    EXPECT_EQ(file.bytes(), "content");
    EXPECT_NE(reason([&] { MappedFile none(scratch.path() / "none"); }).find("No such file"),
              std::string::npos);
    EXPECT_NE(reason([&] { MappedFile none(scratch.path() / "empty"); }).find("cannot read"),
              std::string::npos);
    EXPECT_NE(reason([&] { MappedFile none(scratch.path()); }).find("cannot read"),
              std::string::npos);
}

}  // namespace
}  // namespace soma::backends
