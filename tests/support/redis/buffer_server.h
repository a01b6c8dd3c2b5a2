#pragma once
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "backends/redis/audit_stream.h"
#include "config/ports.h"
#include "source_dir.h"

namespace soma::test {

/// A Redis server `buffer` of a test's own, from deploy's template: the test may kill it, freeze it
/// and fill it. Removed with the object.
class BufferServer {
  public:
    static constexpr const char* kPassword = "buffer-for-tests";

    explicit BufferServer(std::string memory = "64mb")
        : memory_(std::move(memory)), folder_(make_folder()), port_(*config::PortHold::take(0)) {
        write_configuration();
        start();
    }
    ~BufferServer() {
        kill_now();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    BufferServer(const BufferServer&) = delete;
    BufferServer& operator=(const BufferServer&) = delete;

    backends::RedisConfig config() const {
        backends::RedisConfig config;
        config.port = port_.port();
        config.password = kPassword;
        config.connections = 8;
        config.connect_timeout = std::chrono::seconds(5);
        config.command_timeout = std::chrono::seconds(5);
        return config;
    }

    /// One command; its answer or error as text, a number in digits. No answer: "".
    std::string say(std::initializer_list<std::string_view> words) const {
        const std::unique_ptr<redisContext, decltype(&redisFree)> link(
            redisConnect("127.0.0.1", port_.port()), &redisFree);
        if (link == nullptr || link->err != 0) return "";
        send(*link, {"AUTH", kPassword});
        return send(*link, words);
    }

    void start() {
        const std::string file = folder_ / "buffer.conf";
        process_ = ::fork();
        if (process_ == 0) {
            const int out = ::open((folder_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
            ::dup2(out, 1);
            ::execlp("redis-server", "redis-server", file.c_str(), nullptr);
            ::_exit(127);
        }
        for (int tries = 0; tries < 1200; ++tries) {
            if (say({"PING"}) == "PONG") return;
            std::this_thread::sleep_for(std::chrono::milliseconds(25));
        }
        throw std::runtime_error("the buffer did not start");
    }
    void kill_now() {
        if (process_ > 0) {
            ::kill(process_, SIGKILL);
            ::waitpid(process_, nullptr, 0);
            process_ = 0;
        }
    }
    void signal(int number) const { ::kill(process_, number); }

  private:
    static std::string send(redisContext& link, std::initializer_list<std::string_view> words) {
        std::vector<const char*> parts;
        std::vector<std::size_t> sizes;
        for (const auto word : words) {
            parts.push_back(word.data());
            sizes.push_back(word.size());
        }
        const std::unique_ptr<redisReply, decltype(&freeReplyObject)> reply(
            static_cast<redisReply*>(redisCommandArgv(&link, static_cast<int>(parts.size()),
                                                      parts.data(), sizes.data())),
            [](void* made) { freeReplyObject(made); });
        if (reply == nullptr) return "";
        return reply->str != nullptr ? std::string(reply->str, reply->len)
                                     : std::to_string(reply->integer);
    }
    void write_configuration() const {
        std::ostringstream text;
        text << std::ifstream(SOMABRAIN_SOURCE_DIR "/deploy/redis/buffer.conf").rdbuf();
        std::string out = text.str();
        for (const auto& [name, value] :
             {std::pair<std::string, std::string>{"@BUFFER_PORT@", std::to_string(port_.port())},
              {"@BUFFER_PASSWORD@", kPassword},
              {"@BUFFER_DIR@", folder_},
              {"@BUFFER_MEMORY@", memory_}}) {
            out.replace(out.find(name), name.size(), value);
        }
        std::ofstream(folder_ / "buffer.conf") << out;
    }
    static std::filesystem::path make_folder() {
        std::string name = (std::filesystem::temp_directory_path() / "soma-buffer-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
        return name;
    }

    const std::string memory_;
    const std::filesystem::path folder_;
    const config::PortHold port_;
    pid_t process_ = 0;
};

}  // namespace soma::test
