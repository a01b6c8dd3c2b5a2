#include "telemetry/parts.h"

namespace soma::telemetry {
namespace {

Histogram* part(std::string_view name) {
    return &metrics().histogram("somabrain_request_part_seconds", {name});
}

}  // namespace

Parts::Parts() : histograms_{part("embed"), part("search"), part("commit")} {}

}  // namespace soma::telemetry
