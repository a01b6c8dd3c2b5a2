#pragma once
#include <google/protobuf/message.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/codec/free_object.h"
#include "server/codec/plan.h"
#include "server/codec/values.h"

namespace soma::server {

/// The descriptor-driven walk: takes a JSON document's events in their order and fills a message,
/// checking every limit as soon as it can be known to be broken. Each event throws Violation; then
/// pointer() names the value to blame and the walk is over. For one document and one thread.
class Walk {
  public:
    /// `seen`: the fields of `root` that parameters filled already (bit = FieldPlan::index).
    Walk(google::protobuf::Message& root, std::uint64_t seen)
        : root_(root), seen_by_parameters_(seen) {}

    void begin_object();
    void end_object();
    void begin_array();
    void end_array();
    void key(std::string_view name);
    void text(std::string_view value);
    void number(std::string_view literal);
    void boolean(bool value);
    void null();

    /// Where the walk stands, as a JSON pointer.
    std::string pointer() const;
    /// The same when the value to blame is one that has not reached the walk: in a list, the item
    /// after the last one.
    std::string pointer_to_next() const;

  private:
    enum class Kind : std::uint8_t { message, list, map };
    struct Frame {
        Kind kind = Kind::message;
        google::protobuf::Message* message = nullptr;  ///< being filled; of a map: the entry
        google::protobuf::Message* parent = nullptr;   ///< of a map: the message that holds it
        const MessagePlan* plan = nullptr;             ///< of a message
        const FieldPlan* field = nullptr;  ///< the current member's; a list's or map's own
        std::uint64_t seen = 0;            ///< of a message: which fields were given
        std::int64_t index = -1;           ///< of a list: the current item
        std::string member = {};           ///< name of the current member
        bool has_member = false;
        std::set<std::string, std::less<>> names = {};  ///< of a map: those given
    };

    /// The value is a field's whole value, not an item of its list or map.
    bool is_whole_field() const { return frames_.back().kind == Kind::message; }
    bool is_whole_container(const FieldPlan& field) const {
        return is_whole_field() && (field.is_list || field.is_map);
    }
    void push_message(google::protobuf::Message& message);
    void begin_map_entry(Frame& frame);
    void begin_object_of(const FieldPlan& field);
    void end_in_free_object();
    const FieldPlan& next_value();
    const FieldPlan& next_scalar(JsonShape shape);
    Destination destination(const FieldPlan& field) const;
    void value_done();
    [[noreturn]] void mismatch(const FieldPlan& field) const;

    google::protobuf::Message& root_;
    std::uint64_t seen_by_parameters_;
    std::vector<Frame> frames_;
    std::optional<FreeObject> free_;  ///< the free object being read, if any
};

}  // namespace soma::server
