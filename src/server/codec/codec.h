#pragma once
#include <google/protobuf/message.h>

#include <span>
#include <string>
#include <string_view>

namespace soma::server {

/// A path or query parameter, percent-decoded, on its way into the field of the same name.
struct Parameter {
    std::string name;
    std::string value;
};

/// JSON text → message, with every limit of limits.proto checked on the way. `parameters` fill
/// their fields first; a member of the same name in the body is then a duplicate.
///
/// Refused: duplicate and unknown members, wrong types, NaN and infinities, trailing commas,
/// comments, anything after the value, a byte order mark, invalid UTF-8, U+0000, lone surrogates,
/// more than 32 levels, fractions in integer fields (1.0 and 1e3 are integers), integers beyond
/// ±(2^53 − 1). `null` means absent; for a required field it is refused, as in a list. Stored
/// forms: UUIDs in lower case, times as format_rfc3339 writes them, free JSON objects as canonical
/// JSON text (their byte limit counts that text).
///
/// Throws Error(invalid_argument) with the JSON pointer of the offending value (empty: the whole
/// body) and a message that reads after it: "must have at most 256 bytes". `out` is then half
/// filled. Thread-safe. `out` must be empty.
void decode_json(std::string_view text, std::span<const Parameter> parameters,
                 google::protobuf::Message& out);

/// The same for a request without a body.
void decode_parameters(std::span<const Parameter> parameters, google::protobuf::Message& out);

/// The same limits for a message that came as one, over gRPC: checked, and put in its stored forms.
/// Absent is what protobuf calls absent: a field without presence that has its default value.
/// Refused beside broken limits: fields the contract does not have (a filter that is not understood
/// is not to be passed over), NaN and infinities. Throws as decode_json does. Thread-safe.
void check_message(google::protobuf::Message& message);

/// Message → JSON text, appended. Members in the order of the .proto file. Left out: absent
/// `optional` fields and messages, empty maps, empty UUIDs and times. Printed: empty strings and
/// lists, zeros, an empty free JSON object as {}. Numbers are the shortest text that reads back
/// equal; 64-bit integers are numbers and must be within ±(2^53 − 1), floating point must be finite
/// (both SOMA_ASSERT: answers are ours).
void append_json(std::string& out, const google::protobuf::Message& message);
std::string encode_json(const google::protobuf::Message& message);

}  // namespace soma::server
