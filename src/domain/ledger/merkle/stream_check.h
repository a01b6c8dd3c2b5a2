#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace soma::domain {

/// Whether events follow each other without a gap: within each stream of each tenant sequences rise
/// by one. Where a stream begins is not judged, for a log may begin behind another. For one thread.
class StreamCheck {
  public:
    /// Takes the body of the log's next event. "" or what is wrong with it.
    std::string next(std::string_view body);

  private:
    std::map<std::string, std::uint64_t, std::less<>> last_;  ///< by "<stream> of <tenant>"
};

}  // namespace soma::domain
