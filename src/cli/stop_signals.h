#pragma once
#include <signal.h>

namespace soma::cli {

/// SIGTERM and SIGINT, blocked in this thread and in every thread it makes from now on, so that
/// only wait() receives them. Made first in a process that serves.
class StopSignals {
  public:
    StopSignals() {
        sigemptyset(&signals_);
        sigaddset(&signals_, SIGTERM);
        sigaddset(&signals_, SIGINT);
        pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
        // A client that hangs up while it is answered is an error of write, not of the process.
        ::signal(SIGPIPE, SIG_IGN);
    }

    /// Until one of them arrives.
    void wait() const {
        int received = 0;
        sigwait(&signals_, &received);
    }

  private:
    sigset_t signals_{};
};

}  // namespace soma::cli
