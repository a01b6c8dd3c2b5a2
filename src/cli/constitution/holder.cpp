#include "cli/constitution/holder.h"

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <memory>

#include "base/error.h"
#include "cli/wiring.h"

namespace soma::cli {

backends::TransitSigner signer_of(const config::Config& config, const std::string& name,
                                  const std::string& folder) {
    const std::string& where = folder.empty() ? config.signers_dir : folder;
    if (where.empty()) {
        throw invalid("--credentials",
                      "--credentials or SOMABRAIN_SIGNERS_DIR must name the folder with " + name +
                          "-role-id and " + name + "-secret-id");
    }
    auto login = vault_config(config);
    login.role_id_file = where + "/" + name + "-role-id";
    login.secret_id_file = where + "/" + name + "-secret-id";
    return {std::move(login), name};
}

std::string read_file(const std::string& path, std::size_t most) {
    std::ifstream file(path, std::ios::binary);
    std::string text(most + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad() || (file.fail() && !file.eof())) {
        throw invalid("", "cannot read " + path);
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > most) {
        throw invalid("", path + " has more than " + std::to_string(most) + " bytes");
    }
    return text;
}

void write_new_file(const std::string& path, std::string_view text) {
    // "x" refuses a file that is there.
    const std::unique_ptr<std::FILE, decltype(&std::fclose)> file(std::fopen(path.c_str(), "wbx"),
                                                                  &std::fclose);
    if (file == nullptr) {
        throw errno == EEXIST ? Error(ErrorKind::already_exists, path + " is there already")
                              : invalid("", "cannot write " + path);
    }
    if (std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() ||
        std::fflush(file.get()) != 0) {
        throw Error(ErrorKind::unavailable, "cannot write all of " + path);
    }
}

}  // namespace soma::cli
