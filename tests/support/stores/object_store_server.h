#pragma once
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "backends/http/client.h"
#include "backends/object_store/object_store.h"
#include "backends/object_store/signature.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error.h"
#include "config/ports.h"
#include "source_dir.h"
#include "support/stores/server_program.h"

namespace soma::test {

/// A request to a server of the S3 API, signed by whoever asks: what our own client cannot do.
struct S3Call {
    std::string method;
    std::string path;  ///< encoded, with s3_query's query
    std::string body;
    backends::HttpHeaders headers;  ///< names in lower case
};

/// A real versitygw of a test's own, from the stack's template and set up by the stack's script. It
/// runs the program the stack runs. The test may kill, freeze and restart it.
class ObjectStoreServer {
  public:
    ObjectStoreServer()
        : program_(server_program("object_store", "versitygw-", "versitygw")),
          folder_(make_folder()) {
        static const std::vector<config::PortRequest> request{{"S3_PORT", {}, false}};
        port_ = std::move(config::allocate_ports(request).front());
        for (const char* name : {"data", "versions", "accounts"}) {
            std::filesystem::create_directory(folder_ / name);
        }
        for (const char* name : {"s3-root", "s3-service"}) {
            std::ofstream(folder_ / name) << to_hex(random_bytes(32)) << "\n";
        }
        start();
        set_up();
    }
    ~ObjectStoreServer() {
        kill_now();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    ObjectStoreServer(const ObjectStoreServer&) = delete;
    ObjectStoreServer& operator=(const ObjectStoreServer&) = delete;

    std::string address() const { return "http://127.0.0.1:" + std::to_string(port_.port); }

    /// The service's account, as `./dev up` gives it.
    backends::ObjectStoreConfig service() const {
        backends::ObjectStoreConfig config;
        config.address = address();
        config.bucket = "somabrain";
        config.credentials = {"somabrain", secret("s3-service"), "us-east-1"};
        return config;
    }

    /// The most powerful account there is.
    backends::ObjectStoreConfig root() const {
        backends::ObjectStoreConfig config = service();
        config.credentials = {"root", secret("s3-root"), "us-east-1"};
        return config;
    }
    backends::HttpAnswer as_root(const S3Call& call) const {
        return send(call, root().credentials);
    }
    backends::HttpAnswer as_service(const S3Call& call) const {
        return send(call, service().credentials);
    }

    /// Returns when it answers.
    void start() {
        std::map<std::string, std::string> environment = rendered_environment();
        std::vector<std::string> pairs;
        for (const auto& [name, value] : environment) pairs.push_back(name + "=" + value);
        std::vector<char*> pointers;
        for (auto& pair : pairs) pointers.push_back(pair.data());
        pointers.push_back(nullptr);
        const std::string log = folder_ / "log";
        const std::string data = folder_ / "data";
        process_ = ::fork();
        if (process_ == 0) {
            const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
            ::dup2(out, STDOUT_FILENO);
            ::dup2(out, STDERR_FILENO);
            ::execle(program_.c_str(), "versitygw", "posix", data.c_str(), nullptr,
                     pointers.data());
            ::_exit(127);
        }
        wait_until_ready();
    }
    /// kill -9; returns when the process is gone.
    void kill_now() {
        if (process_ > 0) {
            ::kill(process_, SIGKILL);
            ::waitpid(process_, nullptr, 0);
            process_ = 0;
        }
    }
    /// Returns when every thread stands still: until then one may still answer.
    void freeze() const {
        ::kill(process_, SIGSTOP);
        const std::string tasks = "/proc/" + std::to_string(process_) + "/task";
        for (const auto& task : std::filesystem::directory_iterator(tasks)) {
            for (std::string stat; stat.find(") T ") == std::string::npos;) {
                std::ifstream file(task.path() / "stat");
                if (!std::getline(file, stat)) break;
            }
        }
    }
    void thaw() const { ::kill(process_, SIGCONT); }

    /// The stack's own script; doing it again changes nothing.
    void set_up() const {
        const std::string command = "S3_ENDPOINT=" + address() +
                                    " '" SOMABRAIN_SOURCE_DIR "/deploy/object_store/setup.sh' '" +
                                    folder_.string() + "'";
        if (std::system(command.c_str()) != 0) throw std::runtime_error("setup.sh failed");
    }

  private:
    /// Beside the stack's own data, whose file system has the attributes versitygw needs.
    static std::filesystem::path make_folder() {
        std::string name = SOMABRAIN_SOURCE_DIR "/.soma/s3-test-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
        return name;
    }
    std::string secret(const char* name) const {
        std::ifstream in(folder_ / name);
        std::string text;
        std::getline(in, text);
        return text;
    }
    /// NAME='value' lines, with what is between @s filled in.
    std::map<std::string, std::string> rendered_environment() const {
        const std::map<std::string, std::string> values{{"@S3_PORT@", std::to_string(port_.port)},
                                                        {"@S3_DIR@", folder_.string()},
                                                        {"@S3_ROOT_SECRET@", secret("s3-root")}};
        std::map<std::string, std::string> out;
        std::ifstream file(SOMABRAIN_SOURCE_DIR "/deploy/object_store/versitygw.env");
        for (std::string line; std::getline(file, line);) {
            const auto equals = line.find("='");
            if (line.starts_with('#') || equals == std::string::npos) continue;
            std::string value = line.substr(equals + 2, line.size() - equals - 3);
            for (const auto& [key, text] : values) {
                if (const auto at = value.find(key); at != std::string::npos) {
                    value.replace(at, key.size(), text);
                }
            }
            out[line.substr(0, equals)] = value;
        }
        return out;
    }
    backends::HttpAnswer send(const S3Call& call,
                              const backends::S3Credentials& credentials) const {
        backends::HttpRequest request;
        request.method = call.method;
        request.url = address() + call.path;
        request.body = call.body;
        request.headers = call.headers;
        if (!call.body.empty()) {
            request.headers.emplace_back("x-amz-checksum-sha256", to_base64(sha256(call.body)));
        }
        backends::sign_s3(request, credentials, wall_clock_now());
        return http_.send(request, Deadline(std::chrono::seconds(30)));
    }
    void wait_until_ready() const {
        backends::HttpRequest request;
        request.url = address() + "/health";
        for (int tries = 0; tries < 1200; ++tries) {
            try {
                if (http_.send(request, Deadline(std::chrono::seconds(1))).status == 200) return;
            } catch (const std::exception&) {
                // not listening yet
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
        throw std::runtime_error("versitygw never answered");
    }

    std::string program_;
    std::filesystem::path folder_;
    config::AllocatedPort port_;
    mutable backends::HttpClient http_;
    pid_t process_ = 0;
};

}  // namespace soma::test
