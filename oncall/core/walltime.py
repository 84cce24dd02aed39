"""Wall-clock time to instants and back: the one place that knows about gaps and repeated hours.

A wall time that does not exist becomes the first instant after the gap. One that exists twice becomes
the first for starts and handoffs, the last for the end of a restriction: neighbours may overlap for an
hour in autumn, and never leave a gap.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

SECOND = timedelta(seconds=1)
BLOCK = 2  # days; no zone ever changed its offset twice in so short a time
LAST_DAY = date.max.toordinal()
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NAIVE_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - to measure wall times from


def first_instant(wall: datetime, zone: tzinfo) -> datetime:
    """The first instant at which clocks in `zone` show `wall` (naive): for starts and handoffs."""
    return _instant(wall, zone, later=False)


def last_instant(wall: datetime, zone: tzinfo) -> datetime:
    """The last instant at which clocks in `zone` show `wall` (naive): for ends of restrictions."""
    return _instant(wall, zone, later=True)


def wall_time(at: datetime, zone: tzinfo) -> datetime:
    """What clocks in `zone` show at `at`: naive, with `fold` 1 in the second pass of a repeated hour."""
    local = at.astimezone(zone)
    return datetime.combine(local, local.time())


def _instant(wall: datetime, zone: tzinfo, *, later: bool) -> datetime:
    origin = _steady_origin(zone, wall.toordinal() // BLOCK)
    return origin + (wall - NAIVE_EPOCH) if origin else _around_a_change(wall, zone, later=later)


@lru_cache(maxsize=8192)
def _steady_origin(zone: tzinfo, block: int) -> datetime | None:
    """The NAIVE_EPOCH that wall times in these days of `zone` count from; None where its offset changes.

    A pure function of a zone that never changes: nothing here can be stale.
    """
    first, after = block * BLOCK, (block + 1) * BLOCK
    if first < 1 or after > LAST_DAY:
        return None
    edges = [
        datetime.combine(date.fromordinal(day), time(fold=fold)) for day in (first, after) for fold in (0, 1)
    ]
    offset, *others = [_offset(edge, zone) for edge in edges]
    return EPOCH - offset if all(other == offset for other in others) else None


def _around_a_change(wall: datetime, zone: tzinfo, *, later: bool) -> datetime:
    before = _offset(wall, zone)
    after = _offset(datetime.combine(wall, _second_pass(wall.time())), zone)
    if before == after:
        return _utc(wall, before)
    if before > after:  # the clock went back: the wall time exists twice
        return _utc(wall, after if later else before)
    return _end_of_gap(_utc(wall, after), _utc(wall, before), zone)


def _end_of_gap(low: datetime, high: datetime, zone: tzinfo) -> datetime:
    """The first whole second in (low, high] with another offset than `low`; zones change on whole seconds."""
    low = low.replace(microsecond=0)
    old = _offset_at(low, zone)
    first, last = 0, -((low - high) // SECOND)
    while last - first > 1:
        middle = (first + last) // 2
        if _offset_at(low + middle * SECOND, zone) == old:
            first = middle
        else:
            last = middle
    return low + last * SECOND


def _offset_at(at: datetime, zone: tzinfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta(0)


def _offset(wall: datetime, zone: tzinfo) -> timedelta:
    return zone.utcoffset(wall) or timedelta(0)


def _utc(wall: datetime, offset: timedelta) -> datetime:
    """Without `replace`, which costs more than all the rest together."""
    return EPOCH + (wall - NAIVE_EPOCH - offset)


@lru_cache(maxsize=1440)
def _second_pass(clock: time) -> time:
    return clock.replace(fold=1)
