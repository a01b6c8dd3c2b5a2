#pragma once
#include <iostream>

#include "base/error.h"
#include "telemetry/log.h"

namespace soma {

/// What main() of a benchmark returns: `work`'s exit code, or 1 after saying why it could not go
/// on. The service's own lines are kept out of the figures: warnings alone are written.
template <typename Work>
int bench_main(const Work& work) {
    telemetry::set_log_level(telemetry::Level::warn);
    try {
        return work();
    } catch (const Error& error) {
        std::cerr << error.public_message() << ": " << error.detail() << "\n";
    } catch (const std::exception& error) {
        std::cerr << error.what() << "\n";
    }
    return 1;
}

}  // namespace soma
