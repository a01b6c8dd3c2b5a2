// What the advanced modules would bring to recall: `./dev bench ablation FILE` (a LoCoMo file). One
// tenant per conversation, in this process: the corpus, embedder and search of the service, and
// over all of a question's memories the score it ranks by. Each row adds one more view to that
// score, or asks otherwise, and gives recall@10 with the paired difference and its 95 % interval
// (bootstrap over questions). What does not gain weighs nothing.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "conversations.h"
#include "math/graph/pagerank.h"

namespace {

using namespace soma;
using namespace soma::bench;

constexpr std::size_t kNeighbours = 5;  // of each memory, by cosine
constexpr int kRounds = 2000;

// Variants ------------------------------------------------------------------------------------
// Each gives every memory a number ≥ 0; the greatest becomes 1, as a view's value may be.

double cosine(const std::vector<float>& x, const std::vector<float>& y) {
    return std::inner_product(x.begin(), x.end(), y.begin(), 0.0);  // of unit length
}

// What a view of the service's own is worth for each memory.
Numbers view_values(const Looked& looked, View view) {
    Numbers values(looked.in.texts.size(), 0);
    for (const auto& hit : looked.hits) {
        values[number_of(hit.id)] = hit.values[view];
    }
    return values;
}

struct Links {
    std::vector<math::Edge> edges;
    Numbers conductance;

    void add(std::size_t from, std::size_t to, double weight) {
        edges.push_back({static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(to)});
        conductance.push_back(std::max(weight, 1e-6));
    }
};

// Each of these memories to those nearest in meaning.
void add_nearest(Links& links, const Conversation& in, const std::vector<std::size_t>& among) {
    for (std::size_t i = 0; i < among.size(); ++i) {
        std::vector<std::pair<double, std::size_t>> near;
        for (std::size_t j = 0; j < among.size(); ++j) {
            if (j != i) {
                near.emplace_back(cosine(in.vectors[among[i]], in.vectors[among[j]]), j);
            }
        }
        const std::size_t count = std::min(kNeighbours, near.size());
        std::partial_sort(near.begin(), near.begin() + static_cast<std::ptrdiff_t>(count),
                          near.end(), std::greater<>());
        for (std::size_t k = 0; k < count; ++k) {
            links.add(i, near[k].second, near[k].first);
        }
    }
}

// Links that a conversation's memories could have: each turn to the next, and to what means alike.
Links links_of(const Conversation& in, bool turns, bool nearest) {
    Links links;
    const std::set<std::size_t> starts(in.session_starts.begin(), in.session_starts.end());
    for (std::size_t i = 1; turns && i < in.texts.size(); ++i) {
        if (!starts.contains(i)) {
            links.add(i - 1, i, 0.5);
        }
    }
    if (nearest) {
        std::vector<std::size_t> all(in.texts.size());
        std::iota(all.begin(), all.end(), 0);
        add_nearest(links, in, all);
    }
    return links;
}

Numbers pagerank(const Looked& looked, const Links& links) {
    const auto graph = good(math::Graph::make(looked.in.texts.size(), links.edges));
    return good(math::personalised_pagerank(graph, links.conductance, looked.blend)).rank;
}

// Asked again with the first three hits' meaning in the query.
Numbers expanded_meaning(const Looked& looked, const std::string& text) {
    std::vector<float> query = looked.query;
    for (std::size_t hit = 0; hit < 3; ++hit) {
        const auto& vector = looked.in.vectors[number_of(looked.hits[hit].id)];
        for (std::size_t d = 0; d < kDimension; ++d) {
            query[d] += 0.1F * vector[d];
        }
    }
    math::normalize(query);
    return look(looked.in, text, std::move(query)).score;
}

// Asked again with each of the first three hits as the question: what it finds best counts.
Numbers second_hop(const Looked& looked) {
    Numbers values(looked.in.texts.size(), 0);
    for (std::size_t hit = 0; hit < 3; ++hit) {
        const std::size_t from = number_of(looked.hits[hit].id);
        const auto again = look(looked.in, looked.in.texts[from], looked.in.vectors[from]);
        for (std::size_t i = 0; i < values.size(); ++i) {
            values[i] = i == from ? values[i] : std::max(values[i], again.blend[i]);
        }
    }
    return values;
}

// Rows ----------------------------------------------------------------------------------------

double recall_at_10(const Numbers& scores, const Question& question) {
    std::vector<std::size_t> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
    double found = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(10, order.size()); ++i) {
        found += question.evidence.contains(order[i]) ? 1 : 0;
    }
    return 100 * found / static_cast<double>(question.evidence.size());
}

double recall_with(const Looked& looked, const Question& question, Numbers extra, double weight) {
    const double most = *std::max_element(extra.begin(), extra.end());
    Numbers scores = looked.score;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        scores[i] += most > 0 ? weight * std::max(extra[i], 0.0) / most : 0;
    }
    return recall_at_10(scores, question);
}

double mean(const Numbers& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) /
           static_cast<double>(std::max<std::size_t>(values.size(), 1));
}

struct Table {
    std::vector<std::string> names;  // in order of appearance
    std::map<std::string, Numbers> rows;
    std::vector<int> categories;  // of the questions, in the order of a row

    void add(const std::string& name, double value) {
        if (!rows.contains(name)) {
            names.push_back(name);
        }
        rows[name].push_back(value);
    }

    double of_category(const Numbers& row, int category) const {
        Numbers part;
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (categories[i] == category) {
                part.push_back(row[i]);
            }
        }
        return mean(part);
    }

    void print() const {
        std::printf("| added to the score | recall@10 | multi-hop | open-domain | difference |\n");
        std::printf("|---|---|---|---|---|\n");
        const Numbers& base = rows.at(names.front());
        std::mt19937 random(1);
        for (const auto& name : names) {
            const Numbers& row = rows.at(name);
            Numbers differences(row.size());
            std::transform(row.begin(), row.end(), base.begin(), differences.begin(),
                           std::minus<>());
            Numbers means;
            for (int round = 0; round < kRounds; ++round) {
                double sum = 0;
                for (std::size_t i = 0; i < row.size(); ++i) {
                    sum += differences[random() % row.size()];
                }
                means.push_back(sum / static_cast<double>(row.size()));
            }
            std::sort(means.begin(), means.end());
            std::printf("| %s | %.1f | %.1f | %.1f | %+.2f [%+.2f, %+.2f] |\n", name.c_str(),
                        mean(row), of_category(row, 1), of_category(row, 3), mean(differences),
                        means[kRounds / 40], means[kRounds - kRounds / 40 - 1]);
        }
    }
};

void ask(const Conversation& in, backends::Embedder& embedder, Table& table) {
    const std::array<std::pair<std::string, Links>, 2> graphs = {
        {{"PageRank, links to next turns", links_of(in, true, false)},
         {"PageRank, links to next turns and to 5 nearest", links_of(in, true, true)}}};
    for (const auto& question : in.questions) {
        const std::string stripped = in.corpus.strip_names(question.text, {.now = kNow});
        const Looked looked = look(in, question.text, embedder.embed(stripped, kNoHurry),
                                   {domain::Module::density, domain::Module::bridge});
        table.categories.push_back(question.category);
        table.add("nothing", recall_at_10(looked.score, question));
        const auto add = [&](const std::string& name, const Numbers& extra) {
            for (const double weight : {0.1, 0.2, 0.4}) {
                char label[96];
                std::snprintf(label, sizeof label, "%s × %.1f", name.c_str(), weight);
                table.add(label, recall_with(looked, question, extra, weight));
            }
        };
        add("ρ of the first 10", view_values(looked, View::density));
        for (const auto& [name, links] : graphs) {
            add(name, pagerank(looked, links));
        }
        add("bridge from words to meaning, t = ½", view_values(looked, View::bridge));
        add("second hop from the first 3", second_hop(looked));
        table.add("query moved to the first 3",
                  recall_at_10(expanded_meaning(looked, question.text), question));
    }
}

}  // namespace

int main(int argc, char** argv) {
    const char* model = std::getenv("SOMABRAIN_MODEL_DIR");
    if (argc != 2 || model == nullptr) {
        std::cerr << "usage: SOMABRAIN_MODEL_DIR=… bench_ablation FILE\n";
        return 2;
    }
    std::ifstream file(argv[1]);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const json::value samples = json::parse(text);
    backends::LocalEmbedder embedder({.directory = model});
    Table table;
    for (const auto& sample : samples.as_array()) {
        Conversation conversation;
        load(sample.as_object(), embedder, conversation);
        ask(conversation, embedder, table);
        std::fprintf(stderr, "%zu questions\n", table.categories.size());
    }
    table.print();
    return 0;
}
