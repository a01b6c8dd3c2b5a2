#include <libpq-fe.h>

#include <memory>
#include <utility>

#include "backends/postgres/connection.h"
#include "base/error.h"

namespace soma::backends {
/// COPY is no part of a pipeline: the session leaves it for as long as the copy takes.
void Connection::begin_copy(const std::string& sql, int direction, const Deadline& deadline) {
    if (broken_) {
        throw PostgresError::lost("the session is closed");
    }
    SOMA_ASSERT(queued_.empty() && sent_.empty(), "a copy does not join a pipeline");
    PQexitPipelineMode(connection_);
    if (PQsendQuery(connection_, sql.c_str()) == 0) {
        lose();
    }
    flush_output(deadline);
    const Result begun(next_result(deadline));
    if (PQresultStatus(begun.get()) == direction) {
        return;
    }
    const PostgresError error = begun.error();
    const Result end(next_result(deadline));
    PQenterPipelineMode(connection_);
    throw error;
}

void Connection::take_pieces(const std::function<void(std::string_view)>& take,
                             const Deadline& deadline) {
    constexpr int done = -1;
    constexpr int not_yet = 0;
    for (;;) {
        char* bytes = nullptr;
        const int size = PQgetCopyData(connection_, &bytes, 1);
        const std::unique_ptr<char, decltype(&PQfreemem)> owned(bytes, &PQfreemem);
        if (size > 0) {
            take({bytes, static_cast<std::size_t>(size)});
        } else if (size == not_yet) {
            consume(deadline);
        } else if (size == done) {
            return;
        } else {
            lose();
        }
    }
}

void Connection::give_pieces(const std::function<std::string_view()>& give,
                             const Deadline& deadline) {
    for (std::string_view piece = give(); !piece.empty(); piece = give()) {
        // Sent before the next is fetched, so libpq never has to hold more than one piece.
        if (PQputCopyData(connection_, piece.data(), static_cast<int>(piece.size())) != 1) {
            lose();
        }
        flush_output(deadline);
    }
    if (PQputCopyEnd(connection_, nullptr) != 1) {
        lose();
    }
    flush_output(deadline);
}

std::uint64_t Connection::copy_out(const std::string& sql,
                                   const std::function<void(std::string_view)>& take,
                                   const Deadline& deadline) {
    begin_copy(sql, PGRES_COPY_OUT, deadline);
    try {
        take_pieces(take, deadline);
    } catch (...) {
        broken_ = true;  // Nobody reads the rest of it.
        throw;
    }
    return end_script(deadline);
}

std::uint64_t Connection::copy_in(const std::string& sql,
                                  const std::function<std::string_view()>& give,
                                  const Deadline& deadline) {
    begin_copy(sql, PGRES_COPY_IN, deadline);
    try {
        give_pieces(give, deadline);
    } catch (...) {
        broken_ = true;  // The server must not take a part of it for the whole.
        throw;
    }
    return end_script(deadline);
}

}  // namespace soma::backends
