#pragma once
// A LoCoMo file as tenants of this process, one per conversation: the corpus, embedder and search
// of the service. For benchmarks of what an answer is worth.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "backends/embedder/local_embedder.h"
#include "domain/memory/embedding.h"
#include "domain/retrieval/search.h"
#include "math/result.h"

namespace soma::bench {

namespace json = boost::json;
using domain::View;
using Numbers = std::vector<double>;

inline constexpr std::size_t kDimension = 384;
inline constexpr Time kNow{std::chrono::sys_days(std::chrono::year(2024) / 1 / 1)};
inline const Deadline kNoHurry(std::chrono::hours(1));

struct Question {
    std::string text;
    std::set<std::size_t> evidence;  // memories, by number
    int category = 0;
};

// A conversation as a tenant. Memory i is the i-th turn.
struct Conversation {
    domain::Corpus corpus;
    std::vector<std::vector<float>> vectors;
    std::vector<std::string> texts;
    std::vector<Question> questions;
    std::vector<std::size_t> session_starts;
};

// What a search found of one question, over all memories.
struct Looked {
    const Conversation& in;
    std::vector<float> query;
    std::vector<domain::Hit> hits;  // all, best first
    Numbers score;                  // by memory
    Numbers blend;
    Numbers dense;
    Numbers lexical;
    double coverage = 0;
};

inline Uuid id_of(std::size_t number) {
    Uuid id{};
    id.bytes[14] = static_cast<std::uint8_t>(number >> 8);
    id.bytes[15] = static_cast<std::uint8_t>(number);
    return id;
}

inline std::size_t number_of(const Uuid& id) {
    return std::size_t{id.bytes[14]} * 256 + id.bytes[15];
}

// An error here is a mistake of this file: value() throws it.
template <typename T>
T good(const math::Result<T>& result) {
    return result.value();
}

// "1:56 pm on 8 May, 2023": the day is what the lexical view reads.
inline Time day_of(const std::string& text) {
    static const std::array<std::string, 12> months = {
        "January", "February", "March",     "April",   "May",      "June",
        "July",    "August",   "September", "October", "November", "December"};
    std::smatch part;
    if (!std::regex_search(text, part, std::regex(R"((\d+) (\w+), (\d+))"))) {
        std::cerr << "no date: " << text << '\n';
        std::exit(1);
    }
    const auto month = std::find(months.begin(), months.end(), part[2].str()) - months.begin();
    return std::chrono::sys_days(std::chrono::year(std::stoi(part[3])) /
                                 static_cast<unsigned>(month + 1) /
                                 static_cast<unsigned>(std::stoi(part[1])));
}

inline domain::Memory memory_of(std::size_t number, const json::object& turn, int session,
                                Time when, int place) {
    domain::Memory memory;
    memory.facts.id = id_of(number);
    memory.facts.sequence = number + 1;
    memory.facts.created_at = when;
    memory.facts.occurred_at = when;
    memory.facts.turn = place;
    memory.content.text = json::value_to<std::string>(turn.at("text"));
    memory.content.speaker = json::value_to<std::string>(turn.at("speaker"));
    memory.content.session_id = std::to_string(session);
    return memory;
}

inline std::set<std::size_t> evidence_of(const json::object& question,
                                         const std::map<std::string, std::size_t>& numbers) {
    static const std::regex turn(R"(D:?(\d+):(\d+))");
    std::set<std::size_t> evidence;
    if (const auto* raw = question.if_contains("evidence")) {
        const std::string text = json::serialize(*raw);
        for (std::sregex_iterator at(text.begin(), text.end(), turn), end; at != end; ++at) {
            const auto found = numbers.find("D" + std::to_string(std::stoi((*at)[1])) + ":" +
                                            std::to_string(std::stoi((*at)[2])));
            if (found != numbers.end()) {
                evidence.insert(found->second);
            }
        }
    }
    return evidence;
}

inline void load(const json::object& sample, backends::Embedder& embedder, Conversation& into) {
    const auto& conversation = sample.at("conversation").as_object();
    std::map<std::string, std::size_t> numbers;
    std::vector<domain::Memory> memories;
    for (int session = 1; session < 100; ++session) {
        const std::string name = "session_" + std::to_string(session);
        const auto* turns = conversation.if_contains(name);
        if (turns == nullptr) {
            continue;
        }
        const Time when = day_of(json::value_to<std::string>(conversation.at(name + "_date_time")));
        into.session_starts.push_back(memories.size());
        int place = 0;
        for (const auto& turn : turns->as_array()) {
            numbers[json::value_to<std::string>(turn.at("dia_id"))] = memories.size();
            memories.push_back(memory_of(memories.size(), turn.as_object(), session, when, place));
            into.texts.push_back(memories.back().content.text);
            ++place;
        }
    }
    into.vectors = embedder.embed_many(into.texts, kNoHurry);
    for (std::size_t i = 0; i < memories.size(); ++i) {
        memories[i].passages.push_back(
            {0, static_cast<std::uint32_t>(into.texts[i].size()),
             domain::stored_form(into.vectors[i], kDimension, "/embedding")});
        into.corpus.add(memories[i]);
    }
    for (const auto& value : sample.at("qa").as_array()) {
        const auto& question = value.as_object();
        const int category = question.at("category").to_number<int>();
        auto evidence = evidence_of(question, numbers);
        if (category != 5 && !evidence.empty()) {
            into.questions.push_back({json::value_to<std::string>(question.at("question")),
                                      std::move(evidence), category});
        }
    }
}

inline Looked look(const Conversation& in, const std::string& text, std::vector<float> query,
                   domain::Modules explained = {}) {
    const auto vector = domain::stored_form(query, kDimension, "/query");
    Looked looked{in, std::move(query), {}, {}, {}, {}, {}};
    auto found = domain::search(in.corpus, {.text = text,
                                            .vector = &vector,
                                            .time = {.now = kNow},
                                            .top_k = in.texts.size(),
                                            .explained = explained});
    looked.hits = std::move(found.hits);
    looked.coverage = found.coverage.value();
    for (auto* numbers : {&looked.score, &looked.blend, &looked.dense, &looked.lexical}) {
        numbers->assign(in.texts.size(), 0);
    }
    for (const auto& hit : looked.hits) {
        const std::size_t i = number_of(hit.id);
        looked.score[i] = hit.score;
        looked.dense[i] = hit.values[View::dense];
        looked.lexical[i] = hit.values[View::lexical];
        looked.blend[i] = domain::blend(looked.dense[i], looked.lexical[i]);
    }
    return looked;
}

}  // namespace soma::bench
