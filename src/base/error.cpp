#include "base/error.h"

#include <cstdio>
#include <cstdlib>

namespace soma {

void assertion_failed(const char* condition, const char* why, const char* file, int line) {
    std::fprintf(stderr, "assertion failed: %s (%s) at %s:%d\n", condition, why, file, line);
    std::abort();
}

}  // namespace soma
