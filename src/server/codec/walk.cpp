#include "server/codec/walk.h"

#include <bit>
#include <utility>

namespace soma::server {

using google::protobuf::Message;

namespace {

[[noreturn]] void violate_max_items(std::uint32_t max_items) {
    throw Violation{"must have at most " + std::to_string(max_items) +
                    (max_items == 1 ? " item" : " items")};
}

}  // namespace

std::string Walk::pointer() const {
    std::string out;
    for (const Frame& frame : frames_) {
        if (frame.kind == Kind::list) {
            if (frame.index >= 0) {
                append_pointer_segment(out, std::to_string(frame.index));
            }
        } else if (frame.has_member) {
            append_pointer_segment(out, frame.member);
        }
    }
    if (free_) {
        free_->append_pointer(out);
    }
    return out;
}

std::string Walk::pointer_to_next() const {
    std::string out = pointer();
    if (!free_ && !frames_.empty() && frames_.back().kind == Kind::list) {
        const std::int64_t last = frames_.back().index;
        if (last >= 0) {
            out.resize(out.rfind('/'));
        }
        append_pointer_segment(out, std::to_string(last + 1));
    }
    return out;
}

void Walk::begin_object() {
    if (free_) {
        free_->begin_object();
    } else if (frames_.empty()) {
        push_message(root_);
        frames_.back().seen = seen_by_parameters_;
    } else {
        begin_object_of(next_value());
    }
}

void Walk::begin_object_of(const FieldPlan& field) {
    Frame& frame = frames_.back();
    if (is_whole_field() && field.is_map) {
        Frame map{.kind = Kind::map, .parent = frame.message, .field = &field};
        frames_.push_back(std::move(map));
        return;
    }
    if (is_whole_field() && field.shape == JsonShape::free_object) {
        free_.emplace(field.limits->max_bytes());
        free_->begin_object();
        return;
    }
    if (field.shape != JsonShape::message || is_whole_container(field)) {
        mismatch(field);
    }
    const auto* reflection = frame.message->GetReflection();
    push_message(frame.kind == Kind::list
                     ? *reflection->AddMessage(frame.message, field.field)
                     : *reflection->MutableMessage(frame.message, field.field));
}

void Walk::push_message(Message& message) {
    const MessagePlan* plan = &plan_of(message.GetDescriptor());
    frames_.push_back(Frame{.kind = Kind::message, .message = &message, .plan = plan});
}

void Walk::end_object() {
    if (free_) {
        return end_in_free_object();
    }
    Frame& frame = frames_.back();
    if (frame.kind == Kind::message) {
        const std::uint64_t missing = frame.plan->required & ~frame.seen;
        if (missing != 0) {
            const auto first = static_cast<std::size_t>(std::countr_zero(missing));
            frame.member = frame.plan->fields[first].name;
            frame.has_member = true;
            throw Violation{"is required"};
        }
    }
    frames_.pop_back();
    value_done();
}

void Walk::begin_array() {
    if (free_) {
        return free_->begin_array();
    }
    const FieldPlan& field = next_value();
    if (!is_whole_field() || !field.is_list) {
        mismatch(field);
    }
    Frame list{.kind = Kind::list, .message = frames_.back().message, .field = &field};
    frames_.push_back(std::move(list));
}

void Walk::end_array() {
    if (free_) {
        return end_in_free_object();
    }
    const auto& limits = *frames_.back().field->limits;
    const auto count = static_cast<std::uint64_t>(frames_.back().index + 1);
    frames_.pop_back();  // the list is to blame, not its last item
    if (limits.has_min_items() && count < limits.min_items()) {
        throw Violation{"must have at least " + std::to_string(limits.min_items()) +
                        (limits.min_items() == 1 ? " item" : " items")};
    }
    value_done();
}

void Walk::end_in_free_object() {
    if (!free_->end()) {
        return;
    }
    std::string text = free_->canonical();
    free_.reset();
    const Frame& frame = frames_.back();
    frame.message->GetReflection()->SetString(frame.message, frame.field->field, std::move(text));
    value_done();
}

void Walk::key(std::string_view name) {
    if (free_) {
        return free_->key(name);
    }
    Frame& frame = frames_.back();
    frame.member = name;
    frame.has_member = true;
    if (frame.kind == Kind::map) {
        return begin_map_entry(frame);
    }
    frame.field = frame.plan->find(name);
    if (frame.field == nullptr) {
        throw Violation{"is not a field of " + frame.plan->type->name()};
    }
    const std::uint64_t bit = std::uint64_t{1} << frame.field->index;
    if ((frame.seen & bit) != 0) {
        throw Violation{"is given twice"};
    }
    frame.seen |= bit;
}

void Walk::begin_map_entry(Frame& frame) {
    check_no_nul(frame.member);
    if (!frame.names.insert(frame.member).second) {
        throw Violation{"is given twice"};
    }
    const auto& limits = *frame.field->limits;
    if (limits.has_max_items() && frame.names.size() > limits.max_items()) {
        frame.has_member = false;
        violate_max_items(limits.max_items());
    }
    frame.message = frame.parent->GetReflection()->AddMessage(frame.parent, frame.field->field);
    frame.message->GetReflection()->SetString(frame.message, frame.field->map_key, frame.member);
}

/// The field that the value which begins now belongs to; counts the value when it is a list's.
const FieldPlan& Walk::next_value() {
    if (frames_.empty()) {
        throw Violation{"must be a JSON object"};
    }
    Frame& frame = frames_.back();
    if (frame.kind == Kind::list) {
        const auto& limits = *frame.field->limits;
        ++frame.index;
        if (limits.has_max_items() && std::cmp_greater_equal(frame.index, limits.max_items())) {
            frame.index = -1;  // the list is to blame, not the item
            violate_max_items(limits.max_items());
        }
    }
    return *frame.field;
}

const FieldPlan& Walk::next_scalar(JsonShape shape) {
    const FieldPlan& field = next_value();
    if (field.shape != shape || is_whole_container(field)) {
        mismatch(field);
    }
    return field;
}

void Walk::mismatch(const FieldPlan& field) const {
    if (is_whole_field() && field.is_list) {
        throw Violation{"must be a list"};
    }
    if (is_whole_field() && field.is_map) {
        throw Violation{"must be an object"};
    }
    switch (field.shape) {
        case JsonShape::text:
            throw Violation{"must be a string"};
        case JsonShape::boolean:
            throw Violation{"must be true or false"};
        case JsonShape::integer:
            throw Violation{"must be an integer"};
        case JsonShape::number:
            throw Violation{"must be a number"};
        case JsonShape::free_object:
        case JsonShape::message:
            break;
    }
    throw Violation{"must be an object"};
}

Destination Walk::destination(const FieldPlan& field) const {
    const Frame& frame = frames_.back();
    const auto* target = frame.kind == Kind::map ? field.map_value : field.field;
    return {frame.message, target, frame.kind == Kind::list};
}

void Walk::text(std::string_view value) {
    if (free_) {
        return free_->text(value);
    }
    const FieldPlan& field = next_scalar(JsonShape::text);
    store_text(field, destination(field), value);
    value_done();
}

void Walk::number(std::string_view literal) {
    if (free_) {
        return free_->number(literal);
    }
    const FieldPlan& field = next_value();
    if (is_whole_container(field)) {
        mismatch(field);
    } else if (field.shape == JsonShape::number) {
        store_number(field, destination(field), literal);
    } else if (field.shape == JsonShape::integer) {
        store_integer(field, destination(field), literal);
    } else {
        mismatch(field);
    }
    value_done();
}

void Walk::boolean(bool value) {
    if (free_) {
        return free_->boolean(value);
    }
    const FieldPlan& field = next_scalar(JsonShape::boolean);
    store_boolean(destination(field), value);
    value_done();
}

void Walk::null() {
    if (free_) {
        return free_->null();
    }
    const FieldPlan& field = next_value();
    if (!is_whole_field()) {
        mismatch(field);
    }
    if (field.limits->required()) {
        throw Violation{"is required: must not be null"};
    }
    value_done();
}

void Walk::value_done() {
    if (!frames_.empty()) {
        frames_.back().has_member = false;
    }
}

}  // namespace soma::server
