#pragma once
// Questions of a LoCoMo file as evaluations of tenants in this process, and the verdict that
// whoever knows the evidence would give on each.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <numeric>
#include <string>
#include <vector>

#include "conversations.h"
#include "domain/adaptation/learning.h"
#include "domain/adaptation/theta.h"

namespace soma::bench {

// A question's memories: what the views say of each, and whether it is evidence. By sequence.
struct Asked {
    std::vector<domain::ViewValues> values;
    std::vector<bool> is_evidence;
    double evidence = 0;
    double coverage = 0;
};
using Tenant = std::vector<Asked>;

// The bounds that the sandbox's law has.
inline domain::Constitution sandbox_law() {
    domain::Constitution law;
    law.version = 1;
    law.utility = {.baseline = 1, .confidence = 1, .cost = 0.01, .latency = 0.01};
    law.bounds.parameters = {{{0.1, 10}, {0, 1}, {0, 1}, {0, 1}, {0, 1}, {0, 1}, {0.01, 10}}};
    return law;
}

inline Asked asked(const Conversation& in, const Question& question, backends::Embedder& embedder) {
    const std::string stripped = in.corpus.strip_names(question.text, {.now = kNow});
    const auto looked = look(in, question.text, embedder.embed(stripped, kNoHurry));
    Asked out{std::vector<domain::ViewValues>(in.texts.size()),
              std::vector<bool>(in.texts.size(), false),
              static_cast<double>(question.evidence.size()), looked.coverage};
    for (const auto& hit : looked.hits) {
        out.values[number_of(hit.id)] = hit.values;
    }
    for (const std::size_t i : question.evidence) {
        out.is_evidence[i] = true;
    }
    return out;
}

inline std::vector<std::size_t> best(const Asked& of, const domain::ViewWeights& weights,
                                     std::size_t count) {
    std::vector<double> scores;
    for (const auto& values : of.values) {
        scores.push_back(domain::score_of(values, weights));
    }
    std::vector<std::size_t> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    const auto end = order.begin() + static_cast<std::ptrdiff_t>(std::min(count, order.size()));
    std::partial_sort(order.begin(), end, order.end(), [&](std::size_t a, std::size_t b) {
        return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
    });
    order.erase(end, order.end());
    return order;
}

inline double found(const Asked& of, const std::vector<std::size_t>& among) {
    return static_cast<double>(std::count_if(among.begin(), among.end(),
                                             [&](std::size_t i) { return of.is_evidence[i]; })) /
           of.evidence;
}

// The verdict on the best so many: their evidence is used, and its share is the reward.
inline domain::LearningSignal signal_of(const Asked& of, const domain::Theta& theta,
                                        std::size_t count) {
    const auto returned = best(of, theta.weights, count);
    domain::LearningSignal signal;
    signal.reward = std::min(1.0, found(of, returned));
    for (const std::size_t i : returned) {
        signal.memories.push_back(of.values[i]);
        signal.used.push_back(of.is_evidence[i]);
    }
    signal.features = domain::coverage_features(of.coverage, signal.memories);
    return signal;
}

// One for each conversation of the file.
inline std::vector<Tenant> tenants_of(const char* path, backends::Embedder& embedder) {
    std::ifstream file(path);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const json::value samples = json::parse(text);
    std::vector<Tenant> tenants;
    for (const auto& sample : samples.as_array()) {
        Conversation conversation;
        load(sample.as_object(), embedder, conversation);
        auto& tenant = tenants.emplace_back();
        for (const auto& question : conversation.questions) {
            tenant.push_back(asked(conversation, question, embedder));
        }
        std::fprintf(stderr, "%zu questions\n", tenant.size());
    }
    return tenants;
}

}  // namespace soma::bench
