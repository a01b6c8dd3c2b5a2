#pragma once
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "backends/http/client.h"
#include "backends/vault/vault.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "config/ports.h"
#include "source_dir.h"
#include "support/stores/server_program.h"

namespace soma::test {

/// A real OpenBao of a test's own, from the stack's template: raft storage, static seal,
/// initialised, with the two engines. It runs the program the stack runs. The test may kill and
/// restart it.
class OpenBaoServer {
  public:
    OpenBaoServer()
        : program_(server_program("openbao", "openbao-", "bin/bao")), folder_(make_folder()) {
        static const std::vector<config::PortRequest> request{{"VAULT_PORT", {}, false}};
        port_ = std::move(config::allocate_ports(request).front());
        write("seal-key", random_bytes(32));
        write("config.hcl", rendered_config());
        start();
        wait_for("/v1/sys/health", 501);
        const boost::json::object shares{{"recovery_shares", 1}, {"recovery_threshold", 1}};
        root_token_ =
            std::string(call("POST", "/v1/sys/init", shares).at("root_token").as_string());
        wait_for("/v1/sys/health", 200);
        call("POST", "/v1/sys/mounts/transit", {{"type", "transit"}});
        call("POST", "/v1/sys/mounts/soma", {{"type", "kv"}, {"options", {{"version", "2"}}}});
        write("token", root_token_);
        wait_until_ready();
    }
    ~OpenBaoServer() {
        kill_now();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    OpenBaoServer(const OpenBaoServer&) = delete;
    OpenBaoServer& operator=(const OpenBaoServer&) = delete;

    std::string address() const { return "http://127.0.0.1:" + std::to_string(port_.port); }
    std::string token_file() const { return folder_ / "token"; }

    void start() {
        const std::string log = folder_ / "log";
        const std::string argument = "-config=" + (folder_ / "config.hcl").string();
        process_ = ::fork();
        if (process_ == 0) {
            const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
            ::dup2(out, STDOUT_FILENO);
            ::dup2(out, STDERR_FILENO);
            ::execl(program_.c_str(), "bao", "server", argument.c_str(), nullptr);
            ::_exit(127);
        }
    }
    /// kill -9; returns when the process is gone.
    void kill_now() {
        if (process_ > 0) {
            ::kill(process_, SIGKILL);
            ::waitpid(process_, nullptr, 0);
            process_ = 0;
        }
    }
    /// Unsealed, active, and the key-value engine past the upgrade it begins with.
    void wait_until_ready() {
        wait_for("/v1/sys/health", 200);
        wait_for("/v1/soma/config", 200);
    }
    /// Policies and AppRoles as deploy/vault makes them: the service's, the witness's, each
    /// signer's.
    void set_up(const std::string& signers) const {
        std::filesystem::create_directory(folder_ / "roles");
        const std::string environment = "BAO_ADDR=" + address() + " BAO_TOKEN=" + root_token_ +
                                        " PATH=" + program_.substr(0, program_.rfind('/')) +
                                        ":$PATH " SOMABRAIN_SOURCE_DIR "/deploy/vault/";
        const std::string roles = (folder_ / "roles").string();
        if (std::system((environment + "setup.sh " + roles).c_str()) != 0 ||
            std::system((environment + "witness.sh " + roles).c_str()) != 0 ||
            std::system((environment + "signers.sh " + roles + " " + signers).c_str()) != 0) {
            throw std::runtime_error("deploy/vault did not set the server up");
        }
    }
    /// Logged in as the service ("vault"), the witness ("soma-witness") or a signer, by its name;
    /// after set_up.
    backends::VaultConfig login(const std::string& role) const {
        backends::VaultConfig config;
        config.address = address();
        config.role_id_file = folder_ / "roles" / (role + "-role-id");
        config.secret_id_file = folder_ / "roles" / (role + "-secret-id");
        config.timeout = std::chrono::seconds(10);
        return config;
    }
    backends::VaultConfig root() const {
        backends::VaultConfig config;
        config.address = address();
        config.token_file = token_file();
        config.timeout = std::chrono::seconds(10);
        return config;
    }
    /// As root: any call of the API.
    boost::json::object administer(const char* method, const std::string& path,
                                   const boost::json::object& body) {
        return call(method, path.c_str(), body);
    }
    /// Seals by the API; a static seal opens again at the next start.
    void seal() { call("POST", "/v1/sys/seal", {}); }

  private:
    static std::filesystem::path make_folder() {
        std::string name = (std::filesystem::temp_directory_path() / "soma-bao-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
        std::filesystem::create_directory(name + "/raft");
        return name;
    }
    void write(const char* name, const std::string& text) const {
        std::ofstream(folder_ / name, std::ios::binary) << text;
        std::filesystem::permissions(folder_ / name, std::filesystem::perms(0600));
    }
    std::string rendered_config() const {
        std::ifstream file(SOMABRAIN_SOURCE_DIR "/deploy/vault/config.hcl");
        std::ostringstream text;
        text << file.rdbuf();
        std::string out = text.str();
        const std::pair<const char*, std::string> names[] = {
            {"@VAULT_PORT@", std::to_string(port_.port)},
            {"@VAULT_DIR@", folder_ / "raft"},
            {"@VAULT_SEAL_KEY_FILE@", folder_ / "seal-key"}};
        for (const auto& [name, value] : names) {
            const std::string key(name);
            for (auto at = out.find(key); at != std::string::npos; at = out.find(key)) {
                out.replace(at, key.size(), value);
            }
        }
        return out;
    }
    boost::json::object call(const char* method, const char* path,
                             const boost::json::object& body) {
        backends::HttpRequest request;
        request.method = method;
        request.url = address() + path;
        request.body = boost::json::serialize(body);
        request.headers = {{"X-Vault-Token", root_token_}};
        const auto answer = http_.send(request, Deadline(std::chrono::seconds(30)));
        if (answer.status >= 300) throw std::runtime_error(std::string(path) + ": " + answer.body);
        return answer.body.empty() ? boost::json::object{}
                                   : boost::json::parse(answer.body).as_object();
    }
    void wait_for(const std::string& path, int expected) {
        backends::HttpRequest request;
        request.url = address() + path;
        request.headers = {{"X-Vault-Token", root_token_}};
        for (int tries = 0; tries < 1200; ++tries) {
            try {
                if (http_.send(request, Deadline(std::chrono::seconds(1))).status == expected)
                    return;
            } catch (const std::exception&) {
                // not listening yet
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
        throw std::runtime_error("OpenBao never answered " + path + " with " +
                                 std::to_string(expected));
    }

    std::string program_;
    std::filesystem::path folder_;
    config::AllocatedPort port_;
    std::string root_token_;
    backends::HttpClient http_;
    pid_t process_ = 0;
};

}  // namespace soma::test
