#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace soma::config {

/// A TCP port of 127.0.0.1 that no other allocator on this host can get while this object lives,
/// and that a server can start on meanwhile. Two things make it so:
/// - a socket bound to the port with SO_REUSEADDR that never listens. Binding fails when a server
///   listens there, and succeeds over connections left in TIME_WAIT, so a restarted stack keeps its
///   ports. Servers that set SO_REUSEADDR (PostgreSQL, Redis, Go's and ours do) may bind and listen
///   over it; a program that takes any free port is never given it;
/// - an abstract Unix socket named after the port, which only one process of the host can have: it
///   keeps allocators apart, whose TCP sockets would tolerate each other.
/// Both vanish with the process, however it ends. Movable; not thread-safe.
class PortHold {
  public:
    /// Holds `port`, or any free one for 0; nullopt when it is taken.
    static std::optional<PortHold> take(int port);

    PortHold(PortHold&& other) noexcept;
    PortHold& operator=(PortHold&& other) noexcept;
    ~PortHold();

    int port() const { return port_; }

  private:
    PortHold(int port, int tcp, int name) : port_(port), tcp_(tcp), name_(name) {}

    int port_;
    int tcp_;
    int name_;
};

/// One port the stack needs.
struct PortRequest {
    std::string key;           ///< its name in ports.json
    std::vector<int> choices;  ///< tried in this order, then any free port
    bool keep = false;         ///< our own server runs there: the first choice stands, unheld
};

struct AllocatedPort {
    std::string key;
    int port = 0;
    std::optional<PortHold> hold;  ///< empty for a kept port
};

/// All ports at once: no two are the same, and each is held from the moment it was chosen.
/// Throws Error(unavailable) when the host has no free port left.
std::vector<AllocatedPort> allocate_ports(std::span<const PortRequest> requests);

/// The requests for the whole stack: each port's preferred number (its default in settings()), then
/// the one recorded in `ports_json` (the file's text, may be empty or damaged: then it says
/// nothing). Keys in `keep` are taken from the file as they are; one that is not there is allocated
/// anew. Keys in `add` come last and prefer no number but their recorded one.
std::vector<PortRequest> stack_port_requests(std::string_view ports_json,
                                             std::span<const std::string> keep,
                                             std::span<const std::string> add = {});

/// The flat JSON object of ports.json, one key a line.
std::string ports_json(std::span<const AllocatedPort> ports);

}  // namespace soma::config
