#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace soma {

/// What a text may hold that is nobody else's business: laws speak of it, logs leave it out. Names
/// are only ever added: an older law must stay readable, or its chain could not be verified any
/// more.
enum class TextClass : std::uint8_t {
    secret_key,    ///< "secret.key": a private key in PEM
    secret_token,  ///< "secret.token": a credential of a known form (JWT, cloud and forge tokens)
    secret_password,  ///< "secret.password": a password said to be one
    pii_email,        ///< "pii.email"
    pii_card,         ///< "pii.card": a payment card's number
    pii_iban,         ///< "pii.iban": a bank account's number
    pii_phone,        ///< "pii.phone": a telephone number in international or North American form
    pii_national_id,  ///< "pii.national_id": a person's number in one of national_id.h's forms
};

inline constexpr std::size_t kTextClassCount = 8;

/// "pii.email", …
std::string_view text_class_name(TextClass text_class);
/// Exact match; nullopt for any other text.
std::optional<TextClass> parse_text_class(std::string_view name);

/// A small set of classes, a value type.
class TextClasses {
  public:
    constexpr TextClasses() = default;
    constexpr TextClasses(std::initializer_list<TextClass> classes) {
        for (const TextClass text_class : classes) {
            add(text_class);
        }
    }

    constexpr void add(TextClass text_class) { bits_ |= bit(text_class); }
    constexpr void add(TextClasses other) { bits_ |= other.bits_; }
    constexpr bool has(TextClass text_class) const { return (bits_ & bit(text_class)) != 0; }
    constexpr bool empty() const { return bits_ == 0; }
    constexpr bool intersects(TextClasses other) const { return (bits_ & other.bits_) != 0; }

    friend constexpr TextClasses operator&(TextClasses a, TextClasses b) {
        TextClasses both;
        both.bits_ = a.bits_ & b.bits_;
        return both;
    }
    friend constexpr bool operator==(TextClasses, TextClasses) = default;

  private:
    static constexpr std::uint32_t bit(TextClass text_class) {
        return 1u << static_cast<unsigned>(text_class);
    }
    std::uint32_t bits_ = 0;
};

/// Every class there is.
inline constexpr TextClasses kAllTextClasses{
    TextClass::secret_key, TextClass::secret_token,   TextClass::secret_password,
    TextClass::pii_email,  TextClass::pii_card,       TextClass::pii_iban,
    TextClass::pii_phone,  TextClass::pii_national_id};

/// "pii.email, pii.phone", in the order above.
std::string text_class_names(TextClasses classes);

}  // namespace soma
