#pragma once
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "backends/redis/cache.h"
#include "config/ports.h"

namespace soma::test {

/// A real Redis Cluster of three masters without replicas, each with a third of the slots, on ports
/// of its own. A node's death takes only its own slots away. Tests may kill nodes and move slots.
class RedisCluster {
  public:
    static constexpr std::size_t kNodes = 3;
    static constexpr const char* kPassword = "cluster-for-tests";

    RedisCluster() : folder_(make_folder()), ports_(config::allocate_ports(requests())) {
        for (std::size_t i = 0; i < kNodes; ++i) start(i);
        for (std::size_t i = 0; i < kNodes; ++i) {
            wait("PONG", [&] { return say(i, "PING"); });
            // Epochs of their own, as redis-cli --cluster create gives them.
            say(i, "CLUSTER SET-CONFIG-EPOCH " + std::to_string(i + 1));
            say(i, "CLUSTER ADDSLOTSRANGE " + std::to_string(first_slot(i)) + " " +
                       std::to_string(first_slot(i + 1) - 1));
        }
        for (std::size_t i = 1; i < kNodes; ++i) {
            say(0, "CLUSTER MEET 127.0.0.1 " + std::to_string(port(i)) + " " +
                       std::to_string(ports_[kNodes + i].port));
        }
        for (std::size_t i = 0; i < kNodes; ++i) {
            // Who has which slot is gossip: a node may know all the others and not yet their slots.
            wait("cluster_slots_ok:16384", [&] { return say(i, "CLUSTER INFO"); });
            wait("cluster_known_nodes:3", [&] { return say(i, "CLUSTER INFO"); });
            wait("cluster_state:ok", [&] { return say(i, "CLUSTER INFO"); });
        }
    }
    ~RedisCluster() {
        for (std::size_t i = 0; i < kNodes; ++i) kill_now(i);
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    RedisCluster(const RedisCluster&) = delete;
    RedisCluster& operator=(const RedisCluster&) = delete;

    int port(std::size_t node) const { return ports_[node].port; }
    /// Slots 0..16383 in three ranges.
    static int first_slot(std::size_t node) { return static_cast<int>(16384 * node / kNodes); }
    static std::size_t owner(std::string_view key) {
        const int slot = backends::key_slot(key);
        return slot >= first_slot(2) ? 2 : slot >= first_slot(1) ? 1 : 0;
    }

    /// A client that knows that one node alone.
    backends::RedisConfig config(std::size_t node) const {
        backends::RedisConfig config;
        config.port = port(node);
        config.password = kPassword;
        config.connect_timeout = std::chrono::seconds(2);
        config.command_timeout = std::chrono::seconds(2);
        return config;
    }

    std::string id(std::size_t node) const { return say(node, "CLUSTER MYID"); }

    /// A command at one node, by words without blanks; its answer or error as text. No answer: "".
    std::string say(std::size_t node, const std::string& words) const {
        const std::unique_ptr<redisContext, decltype(&redisFree)> link(
            redisConnect("127.0.0.1", port(node)), &redisFree);
        if (link == nullptr || link->err != 0) return "";
        send(*link, std::string("AUTH ") + kPassword);
        return send(*link, words);
    }

    void kill_now(std::size_t node) {
        if (processes_[node] > 0) {
            ::kill(processes_[node], SIGKILL);
            ::waitpid(processes_[node], nullptr, 0);
            processes_[node] = 0;
        }
    }
    void start(std::size_t node) {
        const std::string name = std::to_string(node);
        const std::filesystem::path home = folder_ / name;
        std::filesystem::create_directories(home);
        const std::vector<std::string> words{"redis-server",
                                             "--port",
                                             std::to_string(port(node)),
                                             "--cluster-port",
                                             std::to_string(ports_[kNodes + node].port),
                                             "--bind",
                                             "127.0.0.1",
                                             "--dir",
                                             home,
                                             "--cluster-enabled",
                                             "yes",
                                             "--cluster-require-full-coverage",
                                             "no",
                                             "--cluster-node-timeout",
                                             "2000",
                                             "--save",
                                             "",
                                             "--requirepass",
                                             kPassword,
                                             "--masterauth",
                                             kPassword,
                                             "--logfile",
                                             home / "log"};
        std::vector<char*> arguments;
        for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
        arguments.push_back(nullptr);
        processes_[node] = ::fork();
        if (processes_[node] == 0) {
            ::execvp(arguments[0], arguments.data());
            ::_exit(127);
        }
    }

    /// Until the answer contains `text`.
    static void wait(const std::string& text, const std::function<std::string()>& ask) {
        std::string last;
        for (int tries = 0; tries < 1200; ++tries) {
            last = ask();
            if (last.find(text) != std::string::npos) return;
            std::this_thread::sleep_for(std::chrono::milliseconds(25));
        }
        throw std::runtime_error("the cluster never said " + text + " but: " + last);
    }

  private:
    static std::string send(redisContext& link, const std::string& words) {
        const std::unique_ptr<redisReply, decltype(&freeReplyObject)> reply(
            static_cast<redisReply*>(redisCommand(&link, words.c_str())),
            [](void* made) { freeReplyObject(made); });
        if (reply == nullptr) return "";
        return reply->str != nullptr ? std::string(reply->str, reply->len)
                                     : std::to_string(reply->integer);
    }
    static std::vector<config::PortRequest> requests() {
        std::vector<config::PortRequest> out;
        for (const char* kind : {"port", "bus"}) {
            for (std::size_t i = 0; i < kNodes; ++i) {
                out.push_back({kind + std::to_string(i), {}, false});
            }
        }
        return out;
    }
    static std::filesystem::path make_folder() {
        std::string name = (std::filesystem::temp_directory_path() / "soma-redis-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
        return name;
    }

    std::filesystem::path folder_;
    std::vector<config::AllocatedPort> ports_;
    pid_t processes_[kNodes] = {};
};

}  // namespace soma::test
