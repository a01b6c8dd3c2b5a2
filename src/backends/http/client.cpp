#include "backends/http/client.h"

#include <curl/curl.h>

#include <algorithm>
#include <mutex>

#include "base/error.h"

namespace soma::backends {
namespace {

constexpr std::size_t kMaxIdleHandles = 8;
constexpr std::size_t kMaxAnswerHeaders = 128;

struct EasyCleanup {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Easy = std::unique_ptr<CURL, EasyCleanup>;

struct ListCleanup {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListCleanup>;

/// libcurl's global state, made before the first handle and never torn down: other threads may
/// still be in it when the process ends.
void prepare_curl() {
    static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    SOMA_ASSERT(ready == CURLE_OK, "curl_global_init failed");
}

/// What the callbacks fill while an answer arrives.
struct Arrival {
    HttpAnswer answer;
    std::size_t max_bytes = 0;
    bool too_long = false;
};

std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* user) {
    auto& arrival = *static_cast<Arrival*>(user);
    const std::size_t length = size * count;
    if (arrival.answer.body.size() + length > arrival.max_bytes) {
        arrival.too_long = true;
        return 0;  // ends the transfer
    }
    arrival.answer.body.append(bytes, length);
    return length;
}

std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* user) {
    auto& arrival = *static_cast<Arrival*>(user);
    const std::string_view line(bytes, size * count);
    if (line.starts_with("HTTP/")) {
        arrival.answer.headers.clear();  // an interim answer (100 Continue) came before
    }
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && arrival.answer.headers.size() < kMaxAnswerHeaders) {
        std::string name(line.substr(0, colon));
        std::transform(name.begin(), name.end(), name.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
        std::string_view value = line.substr(colon + 1);
        const std::size_t begin = std::min(value.find_first_not_of(" \t"), value.size());
        value = value.substr(begin, value.find_last_not_of(" \t\r\n") + 1 - begin);
        arrival.answer.headers.emplace_back(std::move(name), std::string(value));
    }
    return line.size();
}

bool is_content_type(std::string_view name) {
    return curl_strequal(std::string(name).c_str(), "content-type") != 0;
}

/// A line break inside a header would let a value (a token from a user's file) add headers of its
/// own.
void refuse_line_breaks(std::string_view text) {
    if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
        throw Error(ErrorKind::invalid_argument, "a header value holds a line break");
    }
}

List make_headers(const HttpRequest& request) {
    // Without this libcurl waits for "100 Continue" before longer bodies.
    List list(curl_slist_append(nullptr, "Expect:"));
    bool typed = false;
    for (const auto& [name, value] : request.headers) {
        refuse_line_breaks(name);
        refuse_line_breaks(value);
        typed = typed || is_content_type(name);
        list.reset(curl_slist_append(list.release(), (name + ": " + value).c_str()));
    }
    if (!typed) {
        const char* fallback =
            request.body.empty() ? "Content-Type:" : "Content-Type: application/json";
        list.reset(curl_slist_append(list.release(), fallback));
    }
    return list;
}

void set_options(CURL* handle, const HttpRequest& request, const Deadline& deadline,
                 curl_slist* headers, Arrival& arrival) {
    curl_easy_reset(handle);  // keeps connections and the DNS cache
    curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(deadline.remaining().count()));
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    if (request.method == "HEAD") {
        curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    }
    if (!request.body.empty()) {
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                         static_cast<curl_off_t>(request.body.size()));
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
    }
    if (!request.ca_file.empty()) {
        curl_easy_setopt(handle, CURLOPT_CAINFO, request.ca_file.c_str());
    }
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &on_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &arrival);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &on_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, &arrival);
}

}  // namespace

struct HttpClient::Handles {
    std::mutex mutex;
    std::vector<Easy> idle;

    Easy borrow() {
        const std::lock_guard lock(mutex);
        if (idle.empty()) {
            Easy fresh(curl_easy_init());
            SOMA_ASSERT(fresh != nullptr, "curl_easy_init failed");
            return fresh;
        }
        Easy handle = std::move(idle.back());
        idle.pop_back();
        return handle;
    }
    void give_back(Easy handle) {
        const std::lock_guard lock(mutex);
        if (idle.size() < kMaxIdleHandles) {
            idle.push_back(std::move(handle));
        }
    }
};

HttpClient::HttpClient() : handles_(std::make_unique<Handles>()) {
    prepare_curl();
}

HttpClient::~HttpClient() = default;

HttpAnswer HttpClient::send(const HttpRequest& request, const Deadline& deadline) {
    // A zero timeout means "for ever" to libcurl.
    if (deadline.remaining().count() <= 0) {
        throw Error(ErrorKind::unavailable, "a dependency did not answer in time",
                    "no time left for " + request.method + " " + request.url);
    }
    Arrival arrival;
    arrival.max_bytes = request.max_answer_bytes;
    const List headers = make_headers(request);
    Easy handle = handles_->borrow();
    set_options(handle.get(), request, deadline, headers.get(), arrival);
    const CURLcode outcome = curl_easy_perform(handle.get());
    if (outcome != CURLE_OK) {
        // The handle is dropped with its connection: half an answer may still be in it.
        throw Error(ErrorKind::unavailable, "a dependency did not answer",
                    request.method + " " + request.url + ": " +
                        (arrival.too_long ? "answer over its limit" : curl_easy_strerror(outcome)));
    }
    long status = 0;
    curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
    arrival.answer.status = static_cast<int>(status);
    handles_->give_back(std::move(handle));
    return std::move(arrival.answer);
}

std::optional<std::string_view> HttpAnswer::header(std::string_view lower_case_name) const {
    for (const auto& [name, value] : headers) {
        if (name == lower_case_name) {
            return value;
        }
    }
    return std::nullopt;
}

std::string encode_path_segment(std::string_view text) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
        if (plain) {
            out.push_back(c);
        } else {
            out += {'%', kHex[static_cast<unsigned char>(c) >> 4],
                    kHex[static_cast<unsigned char>(c) & 15]};
        }
    }
    return out;
}

}  // namespace soma::backends
