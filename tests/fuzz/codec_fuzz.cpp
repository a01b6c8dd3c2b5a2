// links: soma_base soma_api
// compiles: src/server/codec
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/unicode.h"
#include "server/codec/codec.h"
#include "somabrain/v1/brain.pb.h"
#include "somabrain/v1/memory.pb.h"

namespace {

/// Whatever the bytes are: either a refusal that can be answered with, or a message whose JSON
/// decodes to itself.
template <class Request>
void try_decode(std::string_view json) {
    Request message;
    try {
        soma::server::decode_json(json, {}, message);
    } catch (const soma::Error& error) {
        SOMA_ASSERT(error.kind() == soma::ErrorKind::invalid_argument, "the caller is to blame");
        SOMA_ASSERT(soma::valid_utf8(error.field()), "the pointer goes into an answer");
        SOMA_ASSERT(error.field().empty() || error.field()[0] == '/', "a JSON pointer");
        return;
    }
    const std::string printed = soma::server::encode_json(message);
    Request again;
    soma::server::decode_json(printed, {}, again);
    SOMA_ASSERT(soma::server::encode_json(again) == printed, "what was accepted is stable");
}

}  // namespace

/// The first byte chooses the message, the rest is its JSON.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::string_view json(reinterpret_cast<const char*>(data + 1), size - 1);
    switch (data[0] % 4) {
        case 0:
            try_decode<somabrain::v1::RememberRequest>(json);
            break;
        case 1:
            try_decode<somabrain::v1::RememberBatchRequest>(json);
            break;
        case 2:
            try_decode<somabrain::v1::RecallRequest>(json);
            break;
        default:
            try_decode<somabrain::v1::EvaluateRequest>(json);
            break;
    }
    return 0;
}
