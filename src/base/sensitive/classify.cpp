#include "base/sensitive/classify.h"

#include <algorithm>
#include <array>

#include "base/sensitive/check_digits.h"
#include "base/sensitive/national_id.h"
#include "base/sensitive/pattern.h"

namespace soma {
namespace {

using Spans = std::vector<ClassifiedSpan>;

bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
bool is_number(char c) {
    return c >= '0' && c <= '9';
}
bool is_alnum(char c) {
    return is_upper(c) || is_number(c) || (c >= 'a' && c <= 'z');
}
/// Bytes of other scripts count as letters: what they touch is part of a longer word.
bool is_word(char c) {
    return is_alnum(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool is_token(char c) {
    return is_alnum(c) || c == '_' || c == '-';
}

template <typename Is>
std::size_t run(std::string_view text, std::size_t at, Is is) {
    while (at < text.size() && is(text[at])) {
        ++at;
    }
    return at;
}

bool starts_word(std::string_view text, std::size_t at) {
    return at == 0 || !is_word(text[at - 1]);
}

void find_keys(std::string_view text, Spans& out) {
    static constexpr std::string_view kBegin = "-----BEGIN ";
    static constexpr std::string_view kEnd = "-----END ";
    for (std::size_t at = text.find(kBegin); at != text.npos;) {
        const std::size_t label_end = text.find("-----", at + kBegin.size());
        const std::string_view label =
            text.substr(at, label_end == text.npos ? text.npos : label_end - at);
        std::size_t next = at + kBegin.size();
        if (label.size() <= 64 && label.find("PRIVATE KEY") != label.npos) {
            const std::size_t tail = text.find(kEnd, next);
            const std::size_t dashes =
                tail == text.npos ? text.npos : text.find("-----", tail + kEnd.size());
            // Armour that is cut off still holds the key.
            next = dashes == text.npos ? text.size() : dashes + 5;
            out.push_back({at, next, TextClass::secret_key});
        }
        at = text.find(kBegin, next);
    }
}

struct TokenForm {
    std::string_view prefix;
    std::size_t least_rest;
};
constexpr std::array<TokenForm, 22> kTokenForms{
    {{"AKIA", 16},     {"ASIA", 16},     {"AIza", 35},        {"ghp_", 36},   {"gho_", 36},
     {"ghu_", 36},     {"ghs_", 36},     {"github_pat_", 22}, {"glpat-", 20}, {"sk-", 20},
     {"sk_live_", 20}, {"rk_live_", 20}, {"hf_", 30},         {"pypi-", 40},  {"dop_v1_", 40},
     {"xoxa-", 20},    {"xoxr-", 20},    {"xapp-", 20},       {"xoxb-", 20},  {"xoxp-", 20},
     {"hvs.", 24},     {"npm_", 36}}};

/// Three parts of base64url, the first a JSON object.
std::size_t jwt_end(std::string_view text, std::size_t at) {
    if (!text.substr(at).starts_with("eyJ")) {
        return at;
    }
    std::size_t end = at;
    for (int part = 0; part < 3; ++part) {
        const std::size_t begin = end;
        end = run(text, begin, is_token);
        const bool last = part == 2;
        if (end - begin < 8 || (!last && (end == text.size() || text[end] != '.'))) {
            return at;
        }
        end += last ? 0 : 1;
    }
    return end;
}

void find_tokens(std::string_view text, Spans& out) {
    for (std::size_t at = 0; at < text.size();) {
        if (!is_token(text[at])) {
            ++at;
            continue;
        }
        std::size_t end = jwt_end(text, at);
        for (const TokenForm& form : kTokenForms) {
            if (end == at && text.substr(at).starts_with(form.prefix)) {
                const std::size_t stop = run(text, at + form.prefix.size(), is_token);
                end = stop - at >= form.prefix.size() + form.least_rest ? stop : at;
            }
        }
        if (end != at) {
            out.push_back({at, end, TextClass::secret_token});
        }
        // Tokens begin where a run of their characters begins.
        at = end != at ? end : run(text, at, is_token);
    }
}

void find_passwords(std::string_view text, Spans& out) {
    static constexpr std::array<std::string_view, 4> kWords{"password", "passwd", "passphrase",
                                                            "pwd"};
    const auto same = [](char a, char b) { return (a | 0x20) == b; };
    for (std::size_t at = 0; at < text.size(); ++at) {
        for (const std::string_view word : kWords) {
            const std::string_view here = text.substr(at, word.size());
            if (!starts_word(text, at) ||
                !std::equal(here.begin(), here.end(), word.begin(), word.end(), same)) {
                continue;
            }
            const std::size_t sign = run(text, at + word.size(),
                                         [](char c) { return c == ' ' || c == '"' || c == '\''; });
            if (sign == text.size() || (text[sign] != ':' && text[sign] != '=')) {
                continue;
            }
            const std::size_t begin = run(text, sign + 1, [](char c) { return c == ' '; });
            const std::size_t end =
                run(text, begin, [](char c) { return static_cast<unsigned char>(c) > ' '; });
            // What was blotted out before is no password.
            if (end - begin >= 4 && text[begin] != '[') {
                out.push_back({begin, end, TextClass::secret_password});
            }
        }
    }
}

void find_emails(std::string_view text, Spans& out) {
    static constexpr std::size_t kMaxLocal = 64;
    const auto is_local = [](char c) {
        return is_word(c) || c == '.' || c == '%' || c == '+' || c == '-';
    };
    for (std::size_t at = text.find('@'); at != text.npos; at = text.find('@', at + 1)) {
        std::size_t begin = at;
        while (begin > 0 && at - begin < kMaxLocal && is_local(text[begin - 1])) {
            --begin;
        }
        std::size_t end = std::min(text.size(), at + 256);
        end = run(text.substr(0, end), at + 1,
                  [](char c) { return is_word(c) || c == '-' || c == '.'; });
        while (end > at + 1 && (text[end - 1] == '.' || text[end - 1] == '-')) {
            --end;
        }
        const std::string_view domain = text.substr(at + 1, end - at - 1);
        const std::size_t dot = domain.rfind('.');
        if (begin < at && dot != domain.npos && dot > 0 && domain.size() - dot > 2) {
            out.push_back({begin, end, TextClass::pii_email});
        }
    }
}

/// Digits from `at` in groups set apart by single blanks, dots or hyphens; `each` is asked at the
/// end of every group and says when it has seen enough.
template <typename Is, typename Each>
void grouped(std::string_view text, std::size_t at, std::size_t most, Is is, Each each) {
    std::string seen;
    while (at < text.size() && seen.size() <= most) {
        if (!is(text[at])) {
            return;
        }
        seen.push_back(text[at++]);
        const bool ends = at == text.size() || !is_word(text[at]);
        if (ends && seen.size() <= most && each(seen, at)) {
            return;
        }
        if (at < text.size() && (text[at] == ' ' || text[at] == '-' || text[at] == '.')) {
            ++at;
        }
    }
}

void find_cards(std::string_view text, Spans& out) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] < '2' || text[at] > '6' || !starts_word(text, at)) {
            continue;
        }
        std::size_t end = at;
        grouped(text, at, 19, is_number, [&](const std::string& digits, std::size_t stop) {
            if (digits.size() >= 13 && checks_luhn(digits)) {
                end = stop;
            }
            return end != at;
        });
        if (end != at) {
            out.push_back({at, end, TextClass::pii_card});
            at = end - 1;
        }
    }
}

void find_ibans(std::string_view text, Spans& out) {
    const auto is = [](char c) { return is_upper(c) || is_number(c); };
    for (std::size_t at = 0; at + 15 <= text.size(); ++at) {
        if (!is_upper(text[at]) || !is_upper(text[at + 1]) || !is_number(text[at + 2]) ||
            !is_number(text[at + 3]) || !starts_word(text, at)) {
            continue;
        }
        std::size_t end = at;
        grouped(text, at, 34, is, [&](const std::string& number, std::size_t stop) {
            if (number.size() >= 15 && checks_iban(number)) {
                end = stop;
            }
            return end != at;
        });
        if (end != at) {
            out.push_back({at, end, TextClass::pii_iban});
            at = end - 1;
        }
    }
}

void find_phones(std::string_view text, Spans& out) {
    const auto between = [](char c) {
        return c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' || c == '/';
    };
    for (std::size_t at = text.find('+'); at != text.npos; at = text.find('+', at + 1)) {
        std::size_t digits = 0;
        std::size_t end = at + 1;
        for (std::size_t i = at + 1; i < text.size() && i < at + 40; ++i) {
            if (is_number(text[i])) {
                ++digits;
                end = i + 1;
            } else if (!between(text[i])) {
                break;
            }
        }
        const bool begins = at + 1 < text.size() && is_number(text[at + 1]);
        if (begins && starts_word(text, at) && digits >= 8 && digits <= 15) {
            out.push_back({at, end, TextClass::pii_phone});
        }
    }
}

/// Area and exchange begin with 2..9.
std::size_t american_phone_end(std::string_view text, std::size_t at) {
    static constexpr std::array<std::string_view, 3> kForms{"(999)~999-9999", "999-999-9999",
                                                            "999.999.9999"};
    std::string digits;
    for (const std::string_view form : kForms) {
        const std::size_t end = match_pattern(form, text, at, digits);
        if (end != at && digits[0] >= '2' && digits[3] >= '2') {
            return end;
        }
    }
    return at;
}

/// What begins a word and ends one, by `end_of`.
template <typename EndOf>
void find_words(std::string_view text, TextClass text_class, Spans& out, EndOf end_of) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool begins =
            (is_number(text[at]) || is_upper(text[at]) || text[at] == '(') && starts_word(text, at);
        const std::size_t end = begins ? end_of(text, at) : at;
        if (end != at && (end == text.size() || !is_word(text[end]))) {
            out.push_back({at, end, text_class});
            at = end - 1;
        }
    }
}

}  // namespace

std::vector<ClassifiedSpan> classify_spans(std::string_view text) {
    Spans out;
    find_keys(text, out);
    find_tokens(text, out);
    find_passwords(text, out);
    find_emails(text, out);
    find_cards(text, out);
    find_ibans(text, out);
    find_phones(text, out);
    find_words(text, TextClass::pii_phone, out, american_phone_end);
    find_words(text, TextClass::pii_national_id, out, national_id_end);
    std::stable_sort(out.begin(), out.end(),
                     [](const auto& a, const auto& b) { return a.begin < b.begin; });
    return out;
}

TextClasses classify_text(std::string_view text) {
    TextClasses classes;
    for (const ClassifiedSpan& span : classify_spans(text)) {
        classes.add(span.text_class);
    }
    return classes;
}

namespace {

std::string blotted_once(std::string_view text, TextClasses classes) {
    std::string out;
    std::size_t done = 0;
    for (const ClassifiedSpan& span : classify_spans(text)) {
        if (!classes.has(span.text_class) || span.end <= done) {
            continue;
        }
        // A span that overlaps its predecessor is under the same blot.
        if (span.begin >= done) {
            out.append(text, done, span.begin - done);
            out.append("[").append(text_class_name(span.text_class)).append("]");
        }
        done = span.end;
    }
    out.append(text, done);
    return out;
}

}  // namespace

std::string redact_text(std::string_view text, TextClasses classes) {
    std::string out = blotted_once(text, classes);
    // What touched a span may only now begin a word, and be found: a token after a telephone
    // number. Each round takes characters of the text away, so there is a last one.
    while (classify_text(out).intersects(classes)) {
        out = blotted_once(out, classes);
    }
    return out;
}

}  // namespace soma
