#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/http/client.h"
#include "base/time.h"

namespace soma::backends {

/// Who signs, and for which region of the store.
struct S3Credentials {
    std::string access_key;
    std::string secret_key;
    std::string region;
};

/// "?a=1&b=%2F": sorted and encoded as the signature wants it, a name without a value with '='.
std::string s3_query(std::vector<std::pair<std::string, std::string>> parameters);

/// AWS Signature Version 4 for the service "s3": adds x-amz-date, x-amz-content-sha256 and
/// Authorization, over the method, the URL, all the headers that are there (names in lower case,
/// each once) and the body. The URL's path is encoded and its query is s3_query's. Servers refuse a
/// `now` that is some 15 minutes off. Pure; the secret goes into no header.
void sign_s3(HttpRequest& request, const S3Credentials& credentials, Time now);

}  // namespace soma::backends
