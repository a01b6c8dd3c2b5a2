#include "services/gate/judge.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace soma::services {
namespace {

using domain::Amount;
using domain::Ground;
using domain::RequestFacts;
using google::protobuf::Message;

constexpr std::array<std::string_view, kLawOutcomeCount> kOutcomes{"allowed", "redacted", "denied",
                                                                   "review", "no_law"};

std::string_view text_of(const domain::Constitution& law, std::string_view article) {
    const auto found =
        std::find_if(law.articles.begin(), law.articles.end(),
                     [&](const domain::Article& candidate) { return candidate.id == article; });
    SOMA_ASSERT(found != law.articles.end(), "a rule acts for an article of its own law");
    return found->text;
}

void refuse(Judgement& judgement, LawOutcome outcome, Error error) {
    judgement.outcome = outcome;
    judgement.refusal = std::move(error);
}

std::string pointer_to(const std::string& unit, const RequestReader::Place& place) {
    return unit + "/" + place.field->name() +
           (place.index < 0 ? "" : "/" + std::to_string(place.index));
}

void blot_out(const EnforcedLaw& law, const domain::Verdict& verdict, const std::string& unit,
              const RequestReader::Texts& texts, Message& message, Judgement& judgement) {
    for (std::size_t i = 0; i < texts.texts.size(); ++i) {
        const auto found = domain::classify(texts.texts[i]) & verdict.redact;
        if (found.empty()) {
            continue;
        }
        const std::string pointer = pointer_to(unit, texts.places[i]);
        auto text = domain::blot_out(texts.texts[i], verdict.redact);
        if (!text) {
            refuse(judgement, LawOutcome::denied,
                   refusal(law, *verdict.redact_by,
                           "holds " + text_class_names(found) +
                               ", which the constitution has blotted out, and cannot be here",
                           pointer));
            return;
        }
        RequestReader::write(message, texts.places[i], std::move(*text), pointer);
        judgement.redacted.add(found);
        judgement.outcome = LawOutcome::redacted;
    }
}

/// One request, or one of its items: `unit` is its JSON pointer.
void judge_unit(const EnforcedLaw& law, const RequestReader& reader, const RequestFacts& about,
                const std::string& unit, Message& message, Judgement& judgement) {
    RequestReader::Texts texts;
    reader.read(message, texts);
    std::vector<std::string_view> tags;
    const RequestFacts facts = domain::facts_with(about, texts.texts, tags);
    domain::Verdict verdict = law.rules.evaluate(facts);
    if (verdict.denied_by) {
        refuse(judgement, LawOutcome::denied,
               refusal(law, *verdict.denied_by, "the constitution forbids this", unit));
    } else if (!verdict.allowed) {
        refuse(judgement, LawOutcome::denied,
               Error(ErrorKind::permission_denied, "no rule of the constitution allows this")
                   .at(unit));
    } else if (verdict.review_by) {
        refuse(judgement, LawOutcome::review,
               refusal(law, *verdict.review_by, "the constitution leaves this to a person", unit));
    } else {
        judgement.policy = std::move(verdict.directives);
        judgement.penalty = verdict.penalty;
        judgement.penalised_by =
            verdict.penalised_by ? verdict.penalised_by->article : std::string_view();
        if (verdict.redact.intersects(facts.classes)) {
            blot_out(law, verdict, unit, texts, message, judgement);
        }
    }
}

}  // namespace

Error refusal(const EnforcedLaw& law, const Ground& ground, std::string message,
              std::string pointer) {
    message += ": article " + std::string(ground.article) + ", rule " + std::string(ground.rule);
    return Error(ErrorKind::permission_denied, std::move(message))
        .at(std::move(pointer))
        .by_article(std::string(ground.article), std::string(text_of(law.law, ground.article)));
}

std::string_view outcome_name(LawOutcome outcome) {
    return kOutcomes[static_cast<std::size_t>(outcome)];
}

Judgement judge(const EnforcedLaw& law, const RequestReader& reader, RequestFacts about,
                Message& request) {
    Judgement judgement;
    reader.read_amounts(request, about);
    const auto* items = reader.items();
    auto& count = about.amounts[static_cast<std::size_t>(Amount::items)];
    if (items == nullptr) {
        if (about.endpoint == domain::Endpoint::remember) {
            count = 1;
        }
        judge_unit(law, reader, about, "", request, judgement);
        return judgement;
    }
    const auto& reflection = *request.GetReflection();
    const int size = reflection.FieldSize(request, items);
    count = size;
    for (int i = 0; i < size && !judgement.refusal; ++i) {
        judge_unit(law, reader.item_reader(), about, "/" + items->name() + "/" + std::to_string(i),
                   *reflection.MutableRepeatedMessage(&request, items, i), judgement);
    }
    return judgement;
}

}  // namespace soma::services
