#pragma once
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "backends/postgres/connection.h"
#include "backends/postgres/connection_pool.h"
#include "backends/postgres/schema/migrations.h"
#include "backends/postgres/tenant/tenants.h"
#include "source_dir.h"

namespace soma::test {

namespace fs = std::filesystem;

/// A real PostgreSQL of a test's own, from the same templates as the stack's: initdb in a temporary
/// folder, fsync on, a free port. The test may kill and restart it. Removed with the object.
class PostgresCluster {
  public:
    static constexpr const char* kAppPassword = "app-for-tests";
    static constexpr const char* kMigratePassword = "migrate-for-tests";
    static constexpr const char* kRelayPassword = "relay-for-tests";

    PostgresCluster() : binaries_(find_binaries()), home_(make_home()), port_(free_port()) {
        write_file(home_ / "superuser", "superuser-for-tests\n");
        run({binaries_ / "initdb", "-D", data(), "-U", "postgres", "-A", "scram-sha-256",
             "--data-checksums", "--no-sync", "--pwfile", home_ / "superuser", "-E", "UTF8",
             "--locale", "C"});
        write_file(home_ / "data/postgresql.conf", substituted("deploy/postgres/postgresql.conf"));
        write_file(home_ / "data/pg_hba.conf", substituted("deploy/postgres/pg_hba.conf"));
        start();
        create_database("soma");
    }

    ~PostgresCluster() {
        kill_now();
        std::error_code ignored;
        fs::remove_all(home_, ignored);
    }
    PostgresCluster(const PostgresCluster&) = delete;
    PostgresCluster& operator=(const PostgresCluster&) = delete;

    /// Made as ./dev makes the stack's: roles and rights, no tables.
    void create_database(const std::string& name) const {
        const std::string server =
            "host=127.0.0.1 user=postgres password=superuser-for-tests port=" +
            std::to_string(port_) + " dbname=";
        run({binaries_ / "psql", "-q", "-c", "CREATE DATABASE " + name, server + "postgres"});
        const fs::path roles = home_ / "roles.sql";
        write_file(roles, substituted("deploy/postgres/roles.sql"));
        run({binaries_ / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-v",
             std::string("app_password=") + kAppPassword, "-v",
             std::string("migrate_password=") + kMigratePassword, "-v",
             std::string("relay_password=") + kRelayPassword, "-f", roles, server + name});
    }

    /// Starts the server and waits until it answers.
    void start() {
        server_ = spawn({binaries_ / "postgres", "-D", data()}, home_ / "log");
        const Deadline deadline(std::chrono::seconds(60));
        for (;;) {
            try {
                backends::Connection::open(superuser("postgres"), deadline);
                return;
            } catch (const Error&) {
                if (deadline.passed() || ::waitpid(server_, nullptr, WNOHANG) != 0) {
                    throw std::runtime_error("postgres did not start:\n" +
                                             read_file(home_ / "log"));
                }
                std::this_thread::sleep_for(std::chrono::milliseconds(20));
            }
        }
    }

    /// kill -9 of the postmaster and of every process of the cluster. Returns when none is left, so
    /// that start() may follow at once.
    void kill_now() {
        if (server_ <= 0) {
            return;
        }
        kill_all(processes());
        ::waitpid(server_, nullptr, 0);
        server_ = -1;
        for (auto left = processes(); !left.empty(); left = processes()) {
            kill_all(left);
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
        fs::remove(home_ / "data/postmaster.pid");
    }

    /// The cluster's own processes: those whose working folder is its data folder.
    std::vector<pid_t> processes() const {
        std::vector<pid_t> out;
        for (const auto& entry : fs::directory_iterator("/proc")) {
            std::error_code gone;
            if (fs::read_symlink(entry.path() / "cwd", gone) == data() && !gone) {
                out.push_back(std::stoi(entry.path().filename()));
            }
        }
        return out;
    }
    static void kill_all(const std::vector<pid_t>& processes) {
        for (const pid_t process : processes) {
            ::kill(process, SIGKILL);
        }
    }

    void signal(int number) const { ::kill(server_, number); }

    backends::ConnectionSettings app(const std::string& database = "soma") const {
        return settings(database, "soma_app", kAppPassword);
    }
    backends::ConnectionSettings owner(const std::string& database = "soma") const {
        backends::ConnectionSettings out = settings(database, "soma_migrate", kMigratePassword);
        out.role = "soma_owner";
        return out;
    }
    backends::ConnectionSettings superuser(const std::string& database = "soma") const {
        return settings(database, "postgres", "superuser-for-tests");
    }
    int port() const { return port_; }
    const fs::path& home() const { return home_; }
    const fs::path& binaries() const { return binaries_; }

    /// Runs a program as the cluster's user and waits; throws unless it ends with 0.
    void run(const std::vector<std::string>& command) const {
        const pid_t child = spawn(command, home_ / "tools.log");
        int status = 0;
        ::waitpid(child, &status, 0);
        if (status != 0) {
            throw std::runtime_error(command[0] + " failed:\n" + read_file(home_ / "tools.log"));
        }
    }

    static void write_file(const fs::path& path, const std::string& text) {
        std::ofstream(path) << text;
        fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write |
                                  fs::perms::group_read | fs::perms::others_read);
        give_away(path);
    }
    static std::string read_file(const fs::path& path) {
        std::ostringstream out;
        out << std::ifstream(path).rdbuf();
        return out.str();
    }

  private:
    static fs::path find_binaries() {
        for (const char* version : {"17", "16", "15"}) {
            const fs::path path = fs::path("/usr/lib/postgresql") / version / "bin";
            if (fs::exists(path / "postgres")) {
                return path;
            }
        }
        throw std::runtime_error("PostgreSQL 15 or later is not installed");
    }

    /// postgres refuses to run as root: root gives the folder to the package's user.
    static const passwd* other_user() { return ::getuid() == 0 ? ::getpwnam("postgres") : nullptr; }
    static void give_away(const fs::path& path) {
        if (const passwd* user = other_user()) {
            if (::chown(path.c_str(), user->pw_uid, user->pw_gid) != 0) {
                throw std::runtime_error("cannot chown " + path.string());
            }
        }
    }
    static fs::path make_home() {
        std::string name = (fs::temp_directory_path() / "soma-postgres-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) {
            throw std::runtime_error("cannot make a temporary folder");
        }
        give_away(name);
        return name;
    }
    static int free_port() {
        const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(socket, generic, length) != 0 || ::getsockname(socket, generic, &length) != 0) {
            throw std::runtime_error("no free port");
        }
        ::close(socket);
        return ntohs(address.sin_port);
    }

    std::string data() const { return home_ / "data"; }

    std::string substituted(const std::string& file) const {
        std::string text = read_file(fs::path(SOMABRAIN_SOURCE_DIR) / file);
        const std::string name = "@POSTGRES_PORT@";
        if (const std::size_t at = text.find(name); at != std::string::npos) {
            text.replace(at, name.size(), std::to_string(port_));
        }
        return text;
    }

    backends::ConnectionSettings settings(const std::string& database, const std::string& user,
                                          const std::string& password) const {
        backends::ConnectionSettings out;
        out.port = port_;
        out.database = database;
        out.user = user;
        out.password = password;
        return out;
    }

    static pid_t spawn(const std::vector<std::string>& command, const fs::path& log) {
        std::vector<char*> arguments;
        for (const std::string& argument : command) {
            arguments.push_back(const_cast<char*>(argument.c_str()));
        }
        arguments.push_back(nullptr);
        const passwd* user = other_user();
        const pid_t child = ::fork();
        if (child != 0) {
            return child;
        }
        // Only what is safe between fork and exec.
        const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
        ::dup2(out, 1);
        ::dup2(out, 2);
        if (user != nullptr && (::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0)) {
            ::_exit(126);
        }
        ::execv(arguments[0], arguments.data());
        ::_exit(127);
    }

    fs::path binaries_;
    fs::path home_;
    int port_;
    pid_t server_ = -1;
};

/// A migrated cluster, made once for a test program, with a pool of each login.
struct PostgresWorld {
    PostgresCluster cluster;
    backends::ConnectionPool app{cluster.app(), 8};
    backends::ConnectionPool owner{cluster.owner(), 2};

    PostgresWorld() {
        try {
            backends::migrate(cluster.owner(), 65'536, Deadline(std::chrono::seconds(30)));
        } catch (const Error& error) {
            throw std::runtime_error(error.public_message() + ": " + error.detail());
        }
    }

    static PostgresWorld& shared() {
        static PostgresWorld world;
        return world;
    }

    /// A new tenant of dimension 384.
    backends::TenantRow tenant() {
        static UuidGenerator ids;
        const Deadline deadline(std::chrono::seconds(10));
        backends::Tenants tenants(owner);
        const auto generation = tenants.ensure_model_generation("test-model", 384, deadline);
        const Uuid id = ids.next(wall_clock_now());
        return *tenants.create(id, id.to_string(), generation, wall_clock_now(), deadline);
    }
};

}  // namespace soma::test
