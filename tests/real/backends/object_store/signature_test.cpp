// Needs no server: AWS publishes four requests with their signatures ("Authenticating Requests:
// Using the Authorization Header", Amazon S3 API Reference).
#include "backends/object_store/signature.h"

#include <gtest/gtest.h>

#include <string>

namespace soma::backends {
namespace {

const Time kMay = *parse_rfc3339("2013-05-24T00:00:00Z");
const S3Credentials kExample{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                             "us-east-1"};

HttpRequest example(std::string method, const std::string& rest) {
    HttpRequest request;
    request.method = std::move(method);
    request.url = "https://examplebucket.s3.amazonaws.com" + rest;
    return request;
}

std::string header(const HttpRequest& request, std::string_view name) {
    for (const auto& [key, value] : request.headers) {
        if (key == name) return value;
    }
    return "";
}

std::string signature(HttpRequest request) {
    sign_s3(request, kExample, kMay);
    const std::string text = header(request, "Authorization");
    return text.substr(text.rfind('=') + 1);
}

TEST(Signature, OfAnObjectReadInPart) {
    HttpRequest request = example("GET", "/test.txt");
    request.headers = {{"range", "bytes=0-9"}};
    sign_s3(request, kExample, kMay);
    EXPECT_EQ(header(request, "Authorization"),
              "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
              "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
              "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    EXPECT_EQ(header(request, "x-amz-date"), "20130524T000000Z");
    EXPECT_EQ(header(request, "x-amz-content-sha256"),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Signature, OfAnObjectWritten) {
    HttpRequest request = example("PUT", "/test%24file.text");
    request.body = "Welcome to Amazon S3.";
    request.headers = {{"date", "Fri, 24 May 2013 00:00:00 GMT"},
                       {"x-amz-storage-class", "REDUCED_REDUNDANCY"}};
    EXPECT_EQ(signature(request),
              "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST(Signature, OfAParameterWithoutAValue) {
    EXPECT_EQ(signature(example("GET", "/" + s3_query({{"lifecycle", ""}}))),
              "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

TEST(Signature, OfAList) {
    EXPECT_EQ(signature(example("GET", "/" + s3_query({{"prefix", "J"}, {"max-keys", "2"}}))),
              "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(Signature, IsOverTheHostThatHttpSays) {
    const auto with_port = [](const std::string& url) {
        HttpRequest request;
        request.url = url;
        return signature(request);
    };
    EXPECT_EQ(with_port("https://a.example:443/x"), with_port("https://a.example/x"));
    EXPECT_EQ(with_port("http://a.example:80/x"), with_port("http://a.example/x"));
    EXPECT_NE(with_port("http://a.example:443/x"), with_port("http://a.example/x"));
    EXPECT_NE(with_port("http://a.example:81/x"), with_port("http://a.example/x"));
}

TEST(Signature, CoversEveryByte) {
    HttpRequest request = example("PUT", "/name?retention=");
    request.body = "body";
    request.headers = {{"x-amz-object-lock-mode", "COMPLIANCE"}};
    const std::string good = signature(request);
    EXPECT_EQ(signature(request), good);
    const auto bent = [&](auto change) {
        HttpRequest other = request;
        change(other);
        return signature(other);
    };
    EXPECT_NE(bent([](auto& r) { r.method = "POST"; }), good);
    EXPECT_NE(bent([](auto& r) { r.url += "1"; }), good);
    EXPECT_NE(bent([](auto& r) { r.body = "bodY"; }), good);
    EXPECT_NE(bent([](auto& r) { r.headers[0].second = "GOVERNANCE"; }), good);
    EXPECT_NE(bent([](auto& r) { r.headers.clear(); }), good);
    sign_s3(request, kExample, kMay);
    for (const auto& [name, value] : request.headers) {
        EXPECT_EQ(value.find(kExample.secret_key), std::string::npos) << name;
    }
}

TEST(Signature, QueriesAreSortedAndEncoded) {
    EXPECT_EQ(s3_query({}), "");
    EXPECT_EQ(s3_query({{"versions", ""}, {"key-marker", "a/b c+\xc3\xa9"}}),
              "?key-marker=a%2Fb%20c%2B%C3%A9&versions=");
}

}  // namespace
}  // namespace soma::backends
