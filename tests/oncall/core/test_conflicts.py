"""A shift that falls on its person's time off is a conflict, to the minute."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from oncall.core.conflicts import Away, Carried, conflicts, days_away
from oncall.core.final import Shift
from oncall.core.span import Span

DAY = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


def shift(start, end, user=1):
    return Carried(7, Shift("primary", user, DAY + start * HOUR, DAY + end * HOUR))


def away(start, end, user=1):
    return Away(user, Span(DAY + start * HOUR, DAY + end * HOUR), number=3)


def test_a_shift_meets_time_off_from_the_minute_they_share():
    absence = [away(10, 20)]
    assert conflicts([shift(0, 10)], absence) == []
    assert conflicts([shift(20, 30)], absence) == []
    (found,) = conflicts([shift(0, 11)], absence)
    assert (found.schedule, found.away.number) == (7, 3)
    assert found.span == Span(DAY + 10 * HOUR, DAY + 11 * HOUR)


def test_somebody_elses_time_off_and_a_gap_are_no_conflict():
    assert conflicts([shift(0, 24, user=2), shift(0, 24, user=None)], [away(0, 24)]) == []


def test_days_away_are_the_persons_own_days():
    tokyo = days_away(date(2026, 3, 2), date(2026, 3, 3), ZoneInfo("Asia/Tokyo"))
    assert tokyo == Span(DAY - 9 * HOUR, DAY + 15 * HOUR)
    spring = days_away(date(2026, 3, 29), date(2026, 3, 30), ZoneInfo("Europe/Berlin"))
    assert spring.end - spring.start == 23 * HOUR


spans = st.tuples(st.integers(0, 60), st.integers(1, 30)).map(lambda pair: (pair[0], sum(pair)))


@given(
    st.lists(st.tuples(spans, st.integers(1, 3)), max_size=6),
    st.lists(st.tuples(spans, st.integers(1, 3)), max_size=6),
)
def test_the_hours_in_conflict_are_those_that_counting_finds(carried, absent):
    found = conflicts(
        [shift(*span, user=user) for span, user in carried], [away(*span, user=user) for span, user in absent]
    )
    counted = sum(
        1
        for (start, end), user in carried
        for (first, last), who in absent
        for hour in range(start, end)
        if user == who and first <= hour < last
    )
    assert sum((one.span.end - one.span.start for one in found), timedelta()) == counted * HOUR
