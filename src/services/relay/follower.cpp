#include "services/relay/follower.h"

#include "base/error.h"
#include "base/time.h"

namespace soma::services {
namespace {

using domain::StreamOrder;

StreamOrder::Topic streams_in(domain::Topic topic) {
    return topic == domain::Topic::constitution_revisions ? StreamOrder::Topic::part
                                                          : StreamOrder::Topic::whole;
}

}  // namespace

EventFollower::EventFollower(const backends::KafkaSettings& settings, domain::Topic topic,
                             FollowedPlaces places, const std::vector<domain::StreamPlace>& streams)
    : reader_(settings), places_(std::move(places)), order_(streams_in(topic), streams) {
    std::vector<backends::KafkaPosition> positions;
    for (int partition = 0; partition < domain::kPartitions; ++partition) {
        positions.push_back(
            {{std::string(domain::topic_name(topic)), partition}, places_[partition].next_offset});
    }
    reader_.follow(positions);
}

std::optional<FollowedEvent> EventFollower::next(std::chrono::milliseconds wait) {
    SOMA_ASSERT(!stopped_, "nothing is read behind an event that is missing");
    const Deadline deadline(wait);
    do {
        auto record = reader_.next(deadline.remaining());
        if (!record) {
            return std::nullopt;
        }
        const auto offset = record->offset;
        const auto place = record->partition;
        try {
            if (auto event = take(std::move(*record))) {
                return event;
            }
        } catch (const Error& error) {
            stopped_ = true;
            throw Error(error.kind(), error.public_message(),
                        place.first + " partition " + std::to_string(place.second) + " offset " +
                            std::to_string(offset));
        }
        ++repeated_;
    } while (!deadline.passed());
    return std::nullopt;
}

std::optional<FollowedEvent> EventFollower::take(backends::KafkaRecord record) {
    const auto read = domain::read_record(record.headers, record.value);
    FollowedPlace& place = places_[record.partition.second];
    const bool repeated = domain::repeats(read.mark, place.last);
    const auto expected = order_.expected(read.place);
    if (!repeated && order_.admit(read.place) == domain::Arrival::gap) {
        throw Error(ErrorKind::conflict,
                    "events are missing from a stream: " +
                        (read.place.tenant ? read.place.tenant->to_string() + " " : std::string()) +
                        std::string(domain::to_string(read.place.stream)) + " goes on with " +
                        std::to_string(read.place.sequence) + " instead of " +
                        std::to_string(expected));
    }
    place.next_offset = record.offset + 1;
    if (repeated) {
        return std::nullopt;
    }
    place.last = read.mark;
    return FollowedEvent{record.partition.second, read, std::move(record.value)};
}

}  // namespace soma::services
