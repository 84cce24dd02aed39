"""The cost grows with the shifts in the range, not with the distance from the anchor: counted, not timed."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta, tzinfo
from sys import setprofile
from zoneinfo import ZoneInfo

import pytest

from oncall.core.final import on_call, shifts
from oncall.core.restriction import windows
from tests.oncall.core.told import A, B, C, D, layer, roster, utc

YEAR = timedelta(days=365)
OFFICE = [{"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "17:30"}]
HOLIDAYS = [date(year, 1, 1) + timedelta(days=23 * n) for year in range(2000, 2040) for n in range(12)]
LENGTHS = ("1 hour", "12 hours", "1 day", "3 days", "1 week", "2 weeks", "1 month", "3 months")
FARTHER = (1, 10, 30)


class CountingZone(tzinfo):
    """Clocks of Berlin; counts how often anybody asks it for an offset."""

    def __init__(self) -> None:
        self.berlin = ZoneInfo("Europe/Berlin")
        self.asked = 0

    def utcoffset(self, at):
        self.asked += 1
        return self.berlin.utcoffset(at)

    def dst(self, at):
        return self.berlin.dst(at)

    def fromutc(self, at):
        self.asked += 1
        return self.berlin.fromutc(at.replace(tzinfo=self.berlin)).replace(tzinfo=self)


def plans() -> Iterator[tuple[str, dict]]:
    for length in LENGTHS:
        yield length, layer([A, [B, C], None, D], "2000-01-03T09:00", length)
        yield f"{length}, office hours", layer([A, B, C], "2000-01-03T09:00", length, restrictions=OFFICE)
    for length in ("1 day", "5 days"):
        worked = layer([A, B, C], "2000-01-03T09:00", length, turns="worked_days", restrictions=OFFICE)
        yield f"{length} worked, holidays", worked


def steps(written: dict, since: datetime, until: datetime) -> Counter[str]:
    """How often each function of Python and each conversion of a clock was called to answer."""
    zone = CountingZone()
    plan = roster(written, zone=zone, holidays=HOLIDAYS)
    windows.cache_clear()
    called: Counter[str] = Counter()

    def note(frame, event, _) -> None:
        if event == "call":
            called[frame.f_code.co_qualname] += 1

    setprofile(note)
    try:
        if until - since < timedelta(days=1):
            on_call(plan, since)
        else:
            shifts(plan, since, until, split_at_handoffs=True)
    finally:
        setprofile(None)
    return called + Counter({"asked of the clock": zone.asked})


@pytest.mark.parametrize(("_name", "written"), [pytest.param(*one, id=one[0]) for one in plans()])
def test_a_year_takes_as_many_steps_30_years_after_the_start_as_one_year_after(_name, written):
    """Within a tenth: years differ by where their months begin; worked days are narrowed in on."""
    near, *far = (
        steps(written, since, since + YEAR).total()
        for since in (utc("2000-01-03T08:00") + years * YEAR for years in FARTHER)
    )
    assert all(abs(one - near) <= near * 0.1 + 60 for one in far), (near, far)


@pytest.mark.parametrize(("_name", "written"), [pytest.param(*one, id=one[0]) for one in plans()])
def test_an_instant_takes_few_steps_however_far_it_is(_name, written):
    for years in FARTHER:
        at = utc("2000-01-05T12:00") + years * YEAR
        assert steps(written, at, at).total() < 300
