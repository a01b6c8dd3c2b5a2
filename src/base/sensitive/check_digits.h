#pragma once
#include <string_view>

namespace soma {

/// Whether a number carries the check digits of its kind. Each wants digits alone ('0'..'9') unless
/// it says otherwise, the check digit last; no length is asked. Pure, thread-safe.

/// Luhn's sum (ISO/IEC 7812-1 annex B): payment cards.
bool checks_luhn(std::string_view digits);

/// ISO 7064 mod 97-10 over the number with its first four characters moved to the end, letters
/// 'A'..'Z' counting 10..35 (ISO 13616): bank accounts. At least four characters.
bool checks_iban(std::string_view number);

/// ISO 7064 mod 11,10.
bool checks_mod_11_10(std::string_view digits);

/// Verhoeff's dihedral check (1969).
bool checks_verhoeff(std::string_view digits);

/// Σ digit·weight over the shorter of both.
int weighted_sum(std::string_view digits, std::string_view weights);

}  // namespace soma
