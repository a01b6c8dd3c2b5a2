#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <string>

#include "base/error.h"
#include "server/codec/codec.h"
#include "server/codec/free_object.h"
#include "server/codec/parameters.h"
#include "server/codec/walk.h"

namespace soma::server {
namespace {

using boost::json::error_code;
using Part = boost::json::string_view;

constexpr std::size_t kMaxDepth = 32;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// The shape Boost.JSON wants its handler in. Joins what the parser hands over in parts (a string
/// with escapes comes in several) and passes whole values to the walk.
template <class Walk>
class Events {
  public:
    // The parser's own limits are off: each field has its own, and the body's size is bounded.
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

    explicit Events(Walk& walk) : walk_(walk) {}

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code&) { return walk_.begin_object(), true; }
    bool on_object_end(std::size_t, error_code&) { return walk_.end_object(), true; }
    bool on_array_begin(error_code&) { return walk_.begin_array(), true; }
    bool on_array_end(std::size_t, error_code&) { return walk_.end_array(), true; }
    bool on_key_part(Part part, std::size_t, error_code&) { return keep(part); }
    bool on_key(Part part, std::size_t, error_code&) { return pass(&Walk::key, part); }
    bool on_string_part(Part part, std::size_t, error_code&) { return keep(part); }
    bool on_string(Part part, std::size_t, error_code&) { return pass(&Walk::text, part); }
    bool on_number_part(Part part, error_code&) { return keep(part); }
    bool on_int64(std::int64_t, Part part, error_code&) { return pass(&Walk::number, part); }
    bool on_uint64(std::uint64_t, Part part, error_code&) { return pass(&Walk::number, part); }
    bool on_double(double, Part part, error_code&) { return pass(&Walk::number, part); }
    bool on_bool(bool value, error_code&) { return walk_.boolean(value), true; }
    bool on_null(error_code&) { return walk_.null(), true; }
    // Comments are switched off in the parser.
    bool on_comment_part(Part, error_code&) { return true; }
    bool on_comment(Part, error_code&) { return true; }

  private:
    bool keep(Part part) {
        buffer_.append(part.data(), part.size());
        return true;
    }

    bool pass(void (Walk::*event)(std::string_view), Part part) {
        if (buffer_.empty()) {
            (walk_.*event)({part.data(), part.size()});
            return true;
        }
        keep(part);
        (walk_.*event)(buffer_);
        buffer_.clear();
        return true;
    }

    Walk& walk_;
    std::string buffer_;
};

/// True where a number should be and a word stands that some languages print for one: the commonest
/// way for a vector to be no JSON.
bool is_not_finite(std::string_view text, std::size_t at) {
    const std::string_view rest = text.substr(std::min(at, text.size()));
    return rest.starts_with("NaN") || rest.starts_with("Infinity") || rest.starts_with("-Infinity");
}

/// A walk through one free object alone.
class ObjectWalk {
  public:
    ObjectWalk(std::uint32_t max_bytes, const std::string& pointer)
        : object_(max_bytes), pointer_(pointer) {}

    void begin_object() {
        begun_ = true;
        object_.begin_object();
    }
    void end_object() { object_.end(); }
    void begin_array() { inside().begin_array(); }
    void end_array() { object_.end(); }
    void key(std::string_view name) { object_.key(name); }
    void text(std::string_view value) { inside().text(value); }
    void number(std::string_view literal) { inside().number(literal); }
    void boolean(bool value) { inside().boolean(value); }
    void null() { inside().null(); }

    std::string pointer() const {
        std::string out = pointer_;
        object_.append_pointer(out);
        return out;
    }
    /// A list's pointer is that of its next item already.
    std::string pointer_to_next() const { return pointer(); }
    std::string canonical() const { return object_.canonical(); }

  private:
    FreeObject& inside() {
        if (!begun_) {
            throw Violation{"must be a JSON object"};
        }
        return object_;
    }

    FreeObject object_;
    const std::string& pointer_;
    bool begun_ = false;
};

template <class Walk>
void parse_json(std::string_view text, Walk& walk, const std::string& whole) {
    if (text.starts_with(kByteOrderMark)) {
        throw invalid(whole, "must not begin with a byte order mark");
    }
    boost::json::parse_options options;
    options.max_depth = kMaxDepth;
    boost::json::basic_parser<Events<Walk>> parser(options, walk);
    error_code error;
    std::size_t consumed = 0;
    try {
        consumed = parser.write_some(false, text.data(), text.size(), error);
    } catch (const Violation& violation) {
        throw invalid(walk.pointer(), violation.message);
    }
    if (!error && consumed < text.size()) {
        error = boost::json::error::extra_data;
    }
    if (error == boost::json::error::too_deep) {
        throw invalid(walk.pointer(),
                      "must be nested at most " + std::to_string(kMaxDepth) + " levels deep");
    }
    if (error && is_not_finite(text, consumed)) {
        throw invalid(walk.pointer_to_next(),
                      "must be valid JSON in UTF-8: it has no NaN and no infinity");
    }
    if (error) {
        // Of a text that ends too early no single value is to blame.
        const bool is_cut = error == boost::json::error::incomplete;
        throw invalid(is_cut ? whole : walk.pointer(),
                      "must be valid JSON in UTF-8: " + error.message());
    }
}

}  // namespace

void decode_json(std::string_view text, std::span<const Parameter> parameters,
                 google::protobuf::Message& out) {
    Walk walk(out, fill_parameters(parameters, out));
    parse_json(text, walk, "");
}

std::string canonical_object(std::string_view text, std::uint32_t max_bytes,
                             const std::string& pointer) {
    ObjectWalk walk(max_bytes, pointer);
    parse_json(text, walk, pointer);
    try {
        return walk.canonical();
    } catch (const Violation& violation) {
        throw invalid(pointer, violation.message);
    }
}

}  // namespace soma::server
