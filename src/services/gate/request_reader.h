#pragma once
#include <google/protobuf/message.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/constitution/rules/request_text.h"
#include "somabrain/v1/limits.pb.h"

namespace soma::services {

/// What a request asks for that does not say how many.
inline constexpr int kDefaultTopK = 10;
inline constexpr int kDefaultPage = 100;

/// How the law reads the requests of one type: taken from the contract, once, so that a field
/// cannot be forgotten here. Every string is text unless limits.proto says what else it is.
/// Read-only after construction, shared by all threads.
class RequestReader {
  public:
    /// A contract the law could not read is our own mistake (SOMA_ASSERT).
    explicit RequestReader(const google::protobuf::Descriptor* type);

    /// Where a string of a message stands.
    struct Place {
        const google::protobuf::FieldDescriptor* field = nullptr;
        int index = -1;  ///< in its list; -1: the field is no list
    };
    struct Texts {
        std::vector<domain::RequestText> texts;  ///< views into the message
        std::vector<Place> places;               ///< aligned with `texts`
    };
    /// The strings that the message brings itself; those of its items are theirs.
    void read(const google::protobuf::Message& message, Texts& out) const;

    /// Puts `text` in the place. Throws Error invalid_argument at `field` when it is over the
    /// place's limit: what is blotted out may be longer than it was.
    static void write(google::protobuf::Message& message, const Place& place, std::string text,
                      const std::string& field);

    /// Sets the amounts the request states, or leaves to their defaults.
    void read_amounts(const google::protobuf::Message& message, domain::RequestFacts& facts) const;

    /// The list whose messages are judged one by one; null: the request is judged as a whole. A
    /// request with items brings no strings of its own.
    const google::protobuf::FieldDescriptor* items() const { return items_; }
    const RequestReader& item_reader() const { return *item_reader_; }

  private:
    struct TextField {
        const google::protobuf::FieldDescriptor* field;
        domain::Reading reading;
    };
    struct AmountField {
        const google::protobuf::FieldDescriptor* field;
        domain::Amount amount;
        std::optional<double> absent;
    };

    void add(const google::protobuf::FieldDescriptor* field);

    std::vector<TextField> texts_;
    std::vector<AmountField> amounts_;
    /// Of a request that states what its action costs: tokens × price is its amount `cost`.
    const google::protobuf::FieldDescriptor* cost_tokens_ = nullptr;
    const google::protobuf::FieldDescriptor* price_ = nullptr;
    const google::protobuf::FieldDescriptor* items_ = nullptr;
    std::unique_ptr<RequestReader> item_reader_;
};

/// How the law reads a string field of a request; nullopt: it does not, because the field holds a
/// value of a closed form (an id, a time, one of a list) or what the service itself gave out.
std::optional<domain::Reading> reading_of(const google::protobuf::FieldDescriptor& field);

}  // namespace soma::services
