#include "domain/retrieval/store/vector_rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>

#include <sys/mman.h>

#include "base/error.h"
#include "math/scan/dot.h"

namespace soma::domain {
namespace {

double inverse_norm_of(std::span<const std::int8_t> codes) {
    const std::int32_t squares = math::dot_product(codes, codes);
    return squares > 0 ? 1 / std::sqrt(static_cast<double>(squares)) : 0;
}

// A scope with fewer than one row in so many is read row by row, each fetched ahead: the cores'
// own prefetching helps only where rows follow each other.
constexpr std::size_t sparse = 8;

// Zeroed pages of their own, taken by the kernel only as they are written: a block is large, so
// that scans run through contiguous memory (4 times faster than 12 KB pieces), and costs a small
// tenant little.
class Pages {
  public:
    explicit Pages(std::size_t bytes)
        : bytes_(bytes),
          memory_(
              ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
        if (memory_ == MAP_FAILED) {
            throw std::bad_alloc();
        }
    }
    ~Pages() { ::munmap(memory_, bytes_); }
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;

    template <typename T>
    T* as() const {
        return static_cast<T*>(memory_);
    }

  private:
    std::size_t bytes_;
    void* memory_;
};

}  // namespace

VectorQuery::VectorQuery(const math::QuantizedVector& vector)
    : codes(vector.values),
      sketch(math::make_sketch(vector.values)),
      inverse_norm(inverse_norm_of(vector.values)) {
    codes.resize(math::row_stride(vector.dimension()), 0);
}

struct VectorRows::Block {
    Block(std::size_t stride, std::size_t words)
        : code_pages(block_rows * stride),
          sketch_pages(block_rows * words * sizeof(std::uint64_t)),
          scale_pages(block_rows * sizeof(float)),
          norm_pages(block_rows * sizeof(double)),
          codes(code_pages.as<std::int8_t>()),
          sketches(sketch_pages.as<std::uint64_t>()),
          scales(scale_pages.as<float>()),
          inverse_norms(norm_pages.as<double>()) {}

    Pages code_pages;
    Pages sketch_pages;
    Pages scale_pages;
    Pages norm_pages;
    std::int8_t* codes;
    std::uint64_t* sketches;
    float* scales;
    double* inverse_norms;
};

VectorRows::VectorRows(std::size_t dimension)
    : dimension_(dimension),
      stride_(math::row_stride(dimension)),
      words_(math::sketch_words(dimension)) {
    SOMA_ASSERT(dimension >= 1 && dimension <= 2048, "a dimension within its limit");
}

void VectorRows::put(std::uint32_t row, const math::QuantizedVector& vector) {
    SOMA_ASSERT(vector.dimension() == dimension_, "every row has the dimension of the first");
    while (blocks_.size() <= row / block_rows) {
        blocks_.push_back(std::make_shared<Block>(stride_, words_));
    }
    rows_ = std::max<std::size_t>(rows_, std::size_t{row} + 1);
    Block& block = *blocks_[row / block_rows];
    const std::size_t at = row % block_rows;
    std::memcpy(block.codes + at * stride_, vector.values.data(), dimension_);
    math::put_sketch(math::make_sketch(vector.values),
                     block.sketches + at / math::sketch_group * math::sketch_group * words_,
                     at % math::sketch_group);
    block.scales[at] = vector.scale;
    block.inverse_norms[at] = inverse_norm_of(vector.values);
}

math::QuantizedVector VectorRows::get(std::uint32_t row) const {
    const Block& block = *blocks_[row / block_rows];
    const std::size_t at = row % block_rows;
    const std::int8_t* codes = block.codes + at * stride_;
    return {block.scales[at], std::vector<std::int8_t>(codes, codes + dimension_)};
}

void VectorRows::cosines(const VectorQuery& query, const math::Bitmap& scope,
                         std::span<double> cosines) const {
    if (scope.count() < scope.size() / sparse) {
        std::vector<std::uint32_t> rows;
        scope.for_each([&](std::size_t row) { rows.push_back(static_cast<std::uint32_t>(row)); });
        this->cosines(query, rows, cosines);
        return;
    }
    std::int32_t dots[64];
    for (std::size_t w = 0; w < scope.word_count(); ++w) {
        const std::uint64_t mask = scope.word(w);
        if (mask == 0) {
            continue;
        }
        const std::size_t first = w * 64;
        const Block& block = *blocks_[first / block_rows];
        const std::size_t at = first % block_rows;
        const std::int8_t* codes = block.codes + at * stride_;
        // Going row by row costs a little more than a straight run, so runs are taken where they
        // pay.
        if (std::popcount(mask) >= 48) {
            math::dot_products(query.codes.data(), codes, stride_, 64, dots);
        } else {
            math::dot_products_masked(query.codes.data(), codes, stride_, mask, dots);
        }
        for (std::uint64_t rest = mask; rest != 0; rest &= rest - 1) {
            const auto bit = static_cast<std::size_t>(std::countr_zero(rest));
            cosines[first + bit] = dots[bit] * query.inverse_norm * block.inverse_norms[at + bit];
        }
    }
}

void VectorRows::cosines(const VectorQuery& query, std::span<const std::uint32_t> rows,
                         std::span<double> cosines) const {
    constexpr std::size_t ahead = 8;  // as many cache lines as a core keeps in flight
    constexpr std::size_t line = 64;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i + ahead < rows.size()) {
            const Block& block = *blocks_[rows[i + ahead] / block_rows];
            const std::size_t at = rows[i + ahead] % block_rows;
            for (std::size_t byte = 0; byte < stride_; byte += line) {
                __builtin_prefetch(block.codes + at * stride_ + byte);
            }
            __builtin_prefetch(block.inverse_norms + at);
        }
        cosines[rows[i]] = cosine(query, rows[i]);
    }
}

double VectorRows::cosine(const VectorQuery& query, std::uint32_t row) const {
    const Block& block = *blocks_[row / block_rows];
    const std::size_t at = row % block_rows;
    const std::int32_t dot = math::dot_product(query.codes, {block.codes + at * stride_, stride_});
    return dot * query.inverse_norm * block.inverse_norms[at];
}

std::vector<math::Near> VectorRows::nearest_sketches(const VectorQuery& query,
                                                     const math::Bitmap& scope,
                                                     std::size_t wanted) const {
    math::NearestSketches nearest(query.sketch, wanted);
    constexpr std::size_t block_masks = block_rows / 64;
    for (std::size_t w = 0; w < scope.word_count(); w += block_masks) {
        const std::size_t masks = std::min(block_masks, scope.word_count() - w);
        nearest.scan(blocks_[w / block_masks]->sketches, {scope.words() + w, masks},
                     static_cast<std::uint32_t>(w * 64));
    }
    return nearest.take();
}

std::size_t VectorRows::bytes() const {
    return rows_ * (stride_ + words_ * sizeof(std::uint64_t) + sizeof(float) + sizeof(double));
}

}  // namespace soma::domain
