#pragma once
#include <string>

#include "config/config.h"

namespace soma::test {

/// The configuration of this clone's running stack, from .soma/somabrain.env: what `./dev up` or
/// `./dev up --stores` started. Throws std::runtime_error when there is none: a test against real
/// stores fails without them, it does not pass by skipping.
const config::Config& stack();

/// Contents of .soma/secrets/NAME, e.g. "postgres-superuser" or "openbao-root-token", for tests
/// that need more than the service may do.
std::string stack_secret(const std::string& name);

}  // namespace soma::test
