#pragma once
#include "server/corridor.h"
#include "server/http_types.h"

namespace soma::server {

/// The API listener: routes, /health and /openapi.json (both open to all). A request goes: route →
/// media type and size (before identity: metrics only) → admit → headers → decode → judge →
/// handler → encode: from admit to handler that is the corridor's, which must outlive the site.
Site make_api_site(const Corridor& corridor);

}  // namespace soma::server
