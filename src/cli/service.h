#pragma once
#include <memory>

#include "config/config.h"

namespace soma::cli {

/// Everything a running service is made of, wired once: stores, projections, stories, listeners.
/// Not thread-safe; start() and stop() once each.
class Service {
  public:
    /// Opens nothing on the network; throws Error when the configuration or the model is unusable.
    explicit Service(const config::Config& config);
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    /// Checks the schema, starts the committer and the jobs, then listens.
    void start();
    /// Stops listening, lets requests in flight end, then stops the rest.
    void stop();

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace soma::cli
