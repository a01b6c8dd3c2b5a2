#include "services/gate/request_reader.h"

#include <array>
#include <utility>

#include "base/error.h"
#include "base/unicode.h"

namespace soma::services {
namespace {

using domain::Amount;
using domain::Reading;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using somabrain::v1::Limits;

/// Numbers of a request that are amounts of the law, by the names the contract gives them.
struct NamedAmount {
    std::string_view name;
    Amount amount;
    std::optional<double> absent;
};
constexpr std::array<NamedAmount, 3> kAmounts{{{"top_k", Amount::results, kDefaultTopK},
                                               {"limit", Amount::results, kDefaultPage},
                                               {"token_budget", Amount::tokens, std::nullopt}}};

const Limits& limits_of(const FieldDescriptor& field) {
    return field.options().GetExtension(somabrain::v1::limits);
}

double number_of(const Message& message, const FieldDescriptor* field) {
    const auto& reflection = *message.GetReflection();
    switch (field->cpp_type()) {
        case FieldDescriptor::CPPTYPE_INT32:
            return reflection.GetInt32(message, field);
        case FieldDescriptor::CPPTYPE_INT64:
            return static_cast<double>(reflection.GetInt64(message, field));
        default:
            SOMA_ASSERT(false, "an amount is a whole number");
            return 0;
    }
}

}  // namespace

std::optional<Reading> reading_of(const FieldDescriptor& field) {
    const Limits& limits = limits_of(field);
    if (field.type() != FieldDescriptor::TYPE_STRING || limits.one_of_size() > 0 ||
        limits.format() == somabrain::v1::FORMAT_UUID ||
        limits.format() == somabrain::v1::FORMAT_TIME ||
        limits.law() == somabrain::v1::LAW_REFERENCE) {
        return std::nullopt;
    }
    if (limits.law() == somabrain::v1::LAW_NAME) {
        return Reading::name;
    }
    if (limits.law() == somabrain::v1::LAW_TAG) {
        return Reading::tag;
    }
    return limits.format() == somabrain::v1::FORMAT_JSON_OBJECT ? Reading::object : Reading::words;
}

RequestReader::RequestReader(const Descriptor* type) {
    for (int i = 0; i < type->field_count(); ++i) {
        add(type->field(i));
    }
    SOMA_ASSERT(items_ == nullptr || texts_.empty(), "strings beside items belong to no judgement");
}

void RequestReader::add(const FieldDescriptor* field) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        SOMA_ASSERT(field->is_repeated() && !field->is_map() && items_ == nullptr,
                    "messages within a request are its items, in one list");
        items_ = field;
        item_reader_ = std::make_unique<RequestReader>(field->message_type());
        return;
    }
    if (const auto reading = reading_of(*field)) {
        texts_.push_back({field, *reading});
    }
    for (const auto& [name, amount, absent] : kAmounts) {
        if (field->name() == name) {
            amounts_.push_back({field, amount, absent});
        }
    }
    if (field->name() == "cost_tokens") {
        cost_tokens_ = field;
    } else if (field->name() == "price") {
        price_ = field;
    }
}

void RequestReader::read(const Message& message, Texts& out) const {
    const auto& reflection = *message.GetReflection();
    out.texts.clear();
    out.places.clear();
    std::string unused;  // Strings of messages are kept as such: it is never filled.
    for (const auto& [field, reading] : texts_) {
        const bool is_list = field->is_repeated();
        const int count = is_list ? reflection.FieldSize(message, field) : 1;
        for (int i = 0; i < count; ++i) {
            const std::string& text =
                is_list ? reflection.GetRepeatedStringReference(message, field, i, &unused)
                        : reflection.GetStringReference(message, field, &unused);
            if (!text.empty()) {
                out.texts.push_back({reading, text});
                out.places.push_back({field, is_list ? i : -1});
            }
        }
    }
}

void RequestReader::write(Message& message, const Place& place, std::string text,
                          const std::string& field) {
    const Limits& limits = limits_of(*place.field);
    if ((limits.has_max_bytes() && text.size() > limits.max_bytes()) ||
        (limits.has_max_characters() && count_code_points(text) > limits.max_characters())) {
        throw invalid(field, "is over its limit once the constitution's classes are blotted out");
    }
    const auto& reflection = *message.GetReflection();
    if (place.index < 0) {
        reflection.SetString(&message, place.field, std::move(text));
    } else {
        reflection.SetRepeatedString(&message, place.field, place.index, std::move(text));
    }
}

void RequestReader::read_amounts(const Message& message, domain::RequestFacts& facts) const {
    const auto& reflection = *message.GetReflection();
    for (const auto& [field, amount, absent] : amounts_) {
        const bool is_given = reflection.HasField(message, field);
        facts.amounts[static_cast<std::size_t>(amount)] =
            is_given ? std::optional(number_of(message, field)) : absent;
    }
    auto& cost = facts.amounts[static_cast<std::size_t>(Amount::cost)];
    if (cost_tokens_ != nullptr && price_ != nullptr) {
        const bool is_given =
            reflection.HasField(message, cost_tokens_) && reflection.HasField(message, price_);
        cost = is_given ? std::optional(number_of(message, cost_tokens_) *
                                        reflection.GetDouble(message, price_))
                        : std::nullopt;
    }
}

}  // namespace soma::services
