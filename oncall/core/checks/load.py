"""What one person carries over all schedules: their share, what follows too closely, rest after a night."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo

from oncall.core.checks.case import AHEAD, Duty, Load
from oncall.core.coverage import NEVER_PAGED
from oncall.core.span import Span, intersection, union
from oncall.core.walltime import wall_time

REST = timedelta(hours=11)
SLEEP_FROM, SLEEP_UNTIL = 22, 8  # o'clock, in the person's own zone
BY_PLAN = frozenset({""})


def load_of(duties: Iterable[Duty], called_until: datetime | None, *, now: datetime) -> Load:
    """`duties`: one person's on every schedule, in any order. `called_until`: see `night_call_out`."""
    paged = sorted((duty for duty in duties if duty.role not in NEVER_PAGED), key=lambda duty: duty.start)
    spans = union(Span(duty.start, duty.end) for duty in paged)
    inside = intersection(spans, [Span(now, now + AHEAD)])
    share = sum((end - start for start, end in inside), timedelta()) / AHEAD
    close: dict[str, list[tuple[Duty, Duty]]] = {}
    for before, after in _close(paged):
        if now < after.end and after.start < now + AHEAD:
            close.setdefault(after.schedule, []).append((before, after))
    tired = [] if called_until is None else _within_rest(paged, called_until, now=now)
    return Load(share=share, close=close, called_until=called_until, tired=tired)


def night_call_out(
    pages: Iterable[tuple[datetime, datetime | None]], zone: tzinfo, *, now: datetime
) -> datetime | None:
    """When the last call-out in sleep hours (22 to 08 in `zone`) ended, of pages (began, stopped or None)."""
    ends = [min(stopped or began, now) for began, stopped in pages if is_sleep(began, zone)]
    return max(ends, default=None)


def is_sleep(at: datetime, zone: tzinfo) -> bool:
    hour = wall_time(at, zone).hour
    return hour >= SLEEP_FROM or hour < SLEEP_UNTIL


def _close(duties: Sequence[Duty]) -> Iterable[tuple[Duty, Duty]]:
    """Of duties by their start: those that begin less than 11 h after the one before, idle between."""
    last: Duty | None = None
    waiting: list[Duty] = []
    for duty in duties:
        if waiting and waiting[0].start < duty.start:
            last = max([*waiting, *([last] if last else [])], key=lambda one: one.end)
            waiting = []
        if last and timedelta(0) <= duty.start - last.end < REST and _is_back_to_back(last, duty):
            yield last, duty
        waiting.append(duty)


def _is_back_to_back(before: Duty, after: Duty) -> bool:
    """Pauses within a rotation, and a secondary week after a primary one, are as somebody planned them."""
    if before.schedule != after.schedule:
        return True
    planned = before.override == after.override == ""
    return before.role == after.role and (before.end == after.start or not planned)


def _within_rest(duties: Iterable[Duty], called_until: datetime, *, now: datetime) -> list[Duty]:
    return [duty for duty in duties if called_until <= duty.start < called_until + REST and duty.end > now]
