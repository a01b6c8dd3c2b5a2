#pragma once
#include <cstddef>
#include <string_view>

namespace soma {

/// Where a person's number that begins at `at` ends; `at` when none does. Known: Brazil (CPF),
/// China (resident identity), France (NIR), Germany (tax identity), India (Aadhaar, in groups of
/// four), Italy (codice fiscale), Poland (PESEL), Spain (DNI, NIE), Sweden (personnummer, with its
/// sign), the United Kingdom (National Insurance) and the United States (Social Security, with
/// hyphens). Where the number has check digits they are asked; some numbers that mean something
/// else satisfy them all the same. What touches the match is not looked at. Pure.
std::size_t national_id_end(std::string_view text, std::size_t at);

}  // namespace soma
