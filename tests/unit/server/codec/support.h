#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "server/codec/codec.h"

namespace soma::server::test {

/// What decoding said: "" when it went well, else "<pointer> <message>".
template <class Request>
std::string refusal(std::string_view json) {
    Request message;
    try {
        decode_json(json, {}, message);
        return "";
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::invalid_argument) {
            return "wrong kind";
        }
        return error.field() + " " + error.public_message();
    }
}

template <class Request>
Request decoded(std::string_view json) {
    Request message;
    decode_json(json, {}, message);
    return message;
}

}  // namespace soma::server::test
