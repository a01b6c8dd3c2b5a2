#pragma once
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "backends/kafka/admin.h"
#include "base/error.h"
#include "config/ports.h"
#include "source_dir.h"

namespace soma::test {

/// A real broker of a test's own, from the stack's template and by the command that runs the
/// stack's. The test may kill, freeze and restart it.
class KafkaBroker {
  public:
    KafkaBroker() : command_(stack_command()), folder_(make_folder()) {
        static const std::vector<config::PortRequest> request{{"KAFKA_PORT", {}, false}};
        port_ = std::move(config::allocate_ports(request).front());
        write_properties();
        auto format = command_;
        format.insert(format.end(),
                      {"kafka.tools.StorageTool", "format", "-c", folder_ / "server.properties",
                       "-t", "MkU3OEVBNTcwNTJENDM2Qg"});
        int status = 0;
        ::waitpid(spawn(format), &status, 0);
        if (status != 0) throw std::runtime_error("kafka's storage was not formatted");
        start();
    }
    ~KafkaBroker() {
        kill_now();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    KafkaBroker(const KafkaBroker&) = delete;
    KafkaBroker& operator=(const KafkaBroker&) = delete;

    backends::KafkaSettings settings() const {
        return {"127.0.0.1:" + std::to_string(port_.port), std::chrono::milliseconds(2'000)};
    }
    void make(std::vector<backends::KafkaTopic> topics) const {
        backends::KafkaAdmin(settings()).make(topics, 1, Deadline(std::chrono::seconds(60)));
    }

    /// Returns when it answers metadata requests.
    void start() {
        auto serve = command_;
        serve.insert(serve.end(), {"kafka.Kafka", folder_ / "server.properties"});
        process_ = spawn(serve);
        const Deadline deadline(std::chrono::seconds(120));
        for (;;) {
            try {
                return backends::KafkaAdmin(settings())
                    .check({}, Deadline(std::chrono::milliseconds(500)));
            } catch (const Error&) {
                if (deadline.passed()) throw std::runtime_error("the broker never answered");
            }
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
    void freeze() const { ::kill(process_, SIGSTOP); }
    void thaw() const { ::kill(process_, SIGCONT); }

  private:
    /// Up to the main class.
    static std::vector<std::string> stack_command() {
        std::ifstream record(SOMABRAIN_SOURCE_DIR "/.soma/run/kafka.pid");
        std::string pid;
        if (!(record >> pid)) throw std::runtime_error("no stack: run ./dev up --stores");
        std::ifstream file("/proc/" + pid + "/cmdline");
        std::vector<std::string> out;
        for (std::string word; std::getline(file, word, '\0') && word != "kafka.Kafka";) {
            out.push_back(word);
        }
        return out;
    }
    static std::filesystem::path make_folder() {
        std::string name = std::filesystem::temp_directory_path() / "kafka-test-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
        return name;
    }
    void write_properties() const {
        std::ifstream in(SOMABRAIN_SOURCE_DIR "/deploy/kafka/server.properties");
        std::string text{std::istreambuf_iterator<char>(in), {}};
        const std::string controller = "127." + std::to_string(port_.port / 256) + "." +
                                       std::to_string(port_.port % 256) + ".1:29093";
        for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
                 {"@KAFKA_PORT@", std::to_string(port_.port)},
                 {"@KAFKA_CONTROLLER@", controller},
                 {"@KAFKA_DIR@", folder_}}) {
            for (auto at = text.find(name); at != std::string::npos; at = text.find(name)) {
                text.replace(at, name.size(), value);
            }
        }
        std::ofstream(folder_ / "server.properties") << text;
    }
    pid_t spawn(const std::vector<std::string>& words) const {
        std::vector<char*> pointers;
        for (const auto& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
        pointers.push_back(nullptr);
        const std::string log = folder_ / "log";
        const pid_t process = ::fork();
        if (process == 0) {
            const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
            ::dup2(out, STDOUT_FILENO);
            ::dup2(out, STDERR_FILENO);
            ::execvp(pointers[0], pointers.data());
            ::_exit(127);
        }
        return process;
    }

    std::vector<std::string> command_;
    std::filesystem::path folder_;
    config::AllocatedPort port_;
    pid_t process_ = 0;
};

/// One for all tests of a program: a broker takes seconds to start.
inline KafkaBroker& shared_broker() {
    static KafkaBroker broker;
    return broker;
}

}  // namespace soma::test
