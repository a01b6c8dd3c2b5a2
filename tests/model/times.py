"""Instants as whole microseconds since 1970, which order and subtract; their text is the API's."""
from datetime import datetime, timedelta, timezone
import time

ORIGIN = datetime(1970, 1, 1, tzinfo=timezone.utc)
SECOND = 1_000_000
DAY = 86_400 * SECOND
NEVER = -10 ** 18  # before every instant
ALWAYS = 10 ** 18


def now():
    return time.time_ns() // 1000


def moment(instant):
    return ORIGIN + timedelta(microseconds=instant)


def text(instant):
    """As the service prints it: UTC, always six decimals; None stays None."""
    return None if instant is None else moment(instant).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse(rfc3339):
    if rfc3339 is None:
        return None
    return (datetime.fromisoformat(rfc3339.replace("Z", "+00:00")) - ORIGIN) // timedelta(microseconds=1)
