#pragma once
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <memory>
#include <string>
#include <vector>

#include "services/gate/request_reader.h"

/// Requests of every method of the contract, filled by what the contract says of their fields, so
/// that a test walks methods and fields that did not exist when it was written.
namespace soma::testing {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

/// Every method of the services in these files.
inline std::vector<const MethodDescriptor*> methods_of(
    std::initializer_list<const google::protobuf::FileDescriptor*> files) {
    std::vector<const MethodDescriptor*> methods;
    for (const auto* file : files) {
        for (int s = 0; s < file->service_count(); ++s) {
            for (int m = 0; m < file->service(s)->method_count(); ++m) {
                methods.push_back(file->service(s)->method(m));
            }
        }
    }
    return methods;
}

inline std::unique_ptr<Message> empty_request(const google::protobuf::Descriptor* type) {
    auto* factory = google::protobuf::MessageFactory::generated_factory();
    return std::unique_ptr<Message>(factory->GetPrototype(type)->New());
}

/// Puts `words` into every field that holds words, in the form of the field, `name` into every
/// field that names something; one item into every list.
inline void fill(Message& message, const std::string& words, const std::string& name) {
    const auto& reflection = *message.GetReflection();
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
        const FieldDescriptor* field = message.GetDescriptor()->field(i);
        if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
            fill(*reflection.AddMessage(&message, field), words, name);
            continue;
        }
        const auto reading = services::reading_of(*field);
        if (!reading) {
            continue;
        }
        const std::string text = *reading == domain::Reading::name     ? name
                                 : *reading == domain::Reading::object ? R"({"a":")" + words + "\"}"
                                                                       : words;
        field->is_repeated() ? reflection.AddString(&message, field, text)
                             : reflection.SetString(&message, field, text);
    }
}

inline std::unique_ptr<Message> filled_request(const google::protobuf::Descriptor* type,
                                               const std::string& words,
                                               const std::string& name = "n") {
    auto message = empty_request(type);
    fill(*message, words, name);
    return message;
}

}  // namespace soma::testing
