#pragma once
// The links that verdicts leave where a tenant's module `conductance` is on, and what the view
// `graph` then says of a question's memories. Gains stay 1: no flow is let through.
#include <map>
#include <vector>

#include "domain/graph/co_use.h"
#include "domain/retrieval/store/links.h"
#include "verdicts.h"

namespace soma::bench {

class CoUsed {
  public:
    explicit CoUsed(std::size_t memories) {
        for (std::size_t i = 0; i < memories; ++i) {
            ends_[id_of(i)] = {};
        }
    }

    /// The evidence among the best so many was of use together.
    void add(const Asked& of, const domain::Theta& theta, std::size_t count) {
        const auto returned = best(of, theta.weights, count);
        domain::CoUse use{std::min(1.0, found(of, returned)), id_of(returned.front()), {}};
        for (const std::size_t i : returned) {
            if (of.is_evidence[i]) {
                use.credited.push_back(id_of(i));
            }
        }
        for (const auto& link : domain::strengthen(use, kNow, known_, ends_)) {
            links_.put(link);
        }
    }

    /// The question with its memories' ranks in the view `graph`.
    Asked ranked(Asked of) const {
        const auto seed = [&of](const Uuid& id) {
            const auto& values = of.values[number_of(id)];
            return domain::blend(values[View::dense], values[View::lexical]);
        };
        domain::ModuleFigures figures;
        const auto ranks =
            links_.ranks([](const Uuid&) { return true; }, seed, figures, domain::Walk::learnt);
        for (const auto& [id, rank] : ranks) {
            of.values[number_of(id)].numbers[static_cast<std::size_t>(View::graph)] = rank;
        }
        return of;
    }

  private:
    std::map<domain::LinkKey, domain::Link> known_;
    std::map<Uuid, domain::LinkEnd> ends_;
    domain::LinkTable links_;
};

}  // namespace soma::bench
