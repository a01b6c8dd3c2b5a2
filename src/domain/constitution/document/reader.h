#pragma once
#include <boost/json/value.hpp>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace soma::domain {

/// One value of a parsed document. Every question is a demand: when the value is something else,
/// Error invalid_argument names the JSON pointer of the value and the limit. Where a value stands
/// is looked for only then, so a document that is fine pays nothing for it. A view: the document
/// outlives it and does not change.
class Reader {
  public:
    explicit Reader(const boost::json::value& document) : document_(&document), value_(&document) {}

    bool is_null() const { return value_->is_null(); }

    /// An object with all of `required`, perhaps some of `optional`, and no other member.
    void expect_members(std::initializer_list<std::string_view> required,
                        std::initializer_list<std::string_view> optional = {}) const;
    /// Of an object: whether the member is there; the member (it must be); the names of all.
    bool has(std::string_view name) const;
    Reader at(std::string_view name) const;
    std::vector<std::string_view> names() const;

    /// A list of `least` to `most` items.
    std::vector<Reader> items(std::size_t least, std::size_t most) const;

    /// Text of 1 to `most_bytes` without controls (but tab and line feed) and without marks that
    /// change the direction of writing: what a signer reads is what is in force.
    std::string text(std::size_t most_bytes) const;
    /// 1 to 64 of a-z, 0-9, '.', '_', '-', beginning with a letter or digit.
    std::string name() const;
    /// One of the names `parse` knows; `what` is said when it is none.
    template <typename Parse>
    auto one_of(Parse parse, std::string_view what) const {
        auto found = parse(plain_text());
        if (!found) {
            fail("must be the name of " + std::string(what));
        }
        return *found;
    }
    std::uint64_t integer(std::uint64_t least, std::uint64_t most) const;
    double number(double least, double most) const;
    Time time() const;
    /// Bytes in standard base64, exactly `bytes` of them.
    std::string base64(std::size_t bytes) const;
    /// Bytes in lower-case hexadecimal, exactly `bytes` of them.
    std::string hex(std::size_t bytes) const;

    [[noreturn]] void fail(std::string message) const;

  private:
    Reader(const boost::json::value* document, const boost::json::value* value)
        : document_(document), value_(value) {}
    std::string_view plain_text() const;
    /// Of this value, or of a member of it that may not be there.
    std::string pointer() const;
    std::string pointer_to(std::string_view member) const;

    const boost::json::value* document_;
    const boost::json::value* value_;
};

}  // namespace soma::domain
