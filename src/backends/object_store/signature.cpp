#include "backends/object_store/signature.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"

namespace soma::backends {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

/// A URL as the signature sees it.
struct Target {
    std::string host;  ///< as HTTP's Host has it: the scheme's own port is left out
    std::string path;
    std::string query;  ///< without '?'
};

Target split(std::string_view url) {
    const std::size_t scheme = url.find("://");
    SOMA_ASSERT(scheme != std::string_view::npos, "a URL has a scheme");
    const std::string_view default_port = url.starts_with("https") ? ":443" : ":80";
    url.remove_prefix(scheme + 3);
    const std::size_t slash = std::min(url.find('/'), url.size());
    std::string_view host = url.substr(0, slash);
    if (host.ends_with(default_port)) {
        host.remove_suffix(default_port.size());
    }
    const std::string_view rest = url.substr(slash);
    const std::size_t mark = std::min(rest.find('?'), rest.size());
    return {std::string(host), std::string(rest.substr(0, mark)),
            std::string(rest.substr(std::min(mark + 1, rest.size())))};
}

/// "20130524T000000Z"
std::string basic_time(Time now) {
    const std::string text = format_rfc3339(now);  // "2013-05-24T00:00:00.000000Z"
    return text.substr(0, 4) + text.substr(5, 2) + text.substr(8, 5) + text.substr(14, 2) +
           text.substr(17, 2) + "Z";
}

std::string signing_key(const S3Credentials& credentials, std::string_view day) {
    const std::string of_day = hmac_sha256("AWS4" + credentials.secret_key, day);
    const std::string of_region = hmac_sha256(of_day, credentials.region);
    return hmac_sha256(hmac_sha256(of_region, "s3"), "aws4_request");
}

}  // namespace

std::string s3_query(std::vector<std::pair<std::string, std::string>> parameters) {
    for (auto& [name, value] : parameters) {
        name = encode_path_segment(name);
        value = encode_path_segment(value);
    }
    std::sort(parameters.begin(), parameters.end());
    std::string out;
    for (const auto& [name, value] : parameters) {
        out += (out.empty() ? "?" : "&") + name + "=" + value;
    }
    return out;
}

void sign_s3(HttpRequest& request, const S3Credentials& credentials, Time now) {
    const Target target = split(request.url);
    const std::string time = basic_time(now);
    const std::string day = time.substr(0, 8);
    const std::string body_hash = to_hex(sha256(request.body));
    request.headers.emplace_back("x-amz-content-sha256", body_hash);
    request.headers.emplace_back("x-amz-date", time);
    HttpHeaders signed_headers = request.headers;
    signed_headers.emplace_back("host", target.host);
    std::sort(signed_headers.begin(), signed_headers.end());

    std::string names;
    std::string lines;
    for (const auto& [name, value] : signed_headers) {
        names += (names.empty() ? "" : ";") + name;
        lines += name + ":" + value + "\n";
    }
    const std::string canonical = request.method + "\n" + target.path + "\n" + target.query + "\n" +
                                  lines + "\n" + names + "\n" + body_hash;
    const std::string scope = day + "/" + credentials.region + "/s3/aws4_request";
    const std::string to_sign =
        std::string(kAlgorithm) + "\n" + time + "\n" + scope + "\n" + to_hex(sha256(canonical));
    const std::string signature = to_hex(hmac_sha256(signing_key(credentials, day), to_sign));
    request.headers.emplace_back(
        "Authorization", std::string(kAlgorithm) + " Credential=" + credentials.access_key + "/" +
                             scope + ",SignedHeaders=" + names + ",Signature=" + signature);
}

}  // namespace soma::backends
