"""Time off that was earned, and rest that has to be had."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from oncall.compensation.core.lieu import Credit, Use, balance
from oncall.compensation.core.rest import earliest_start, rests, violations

T0 = datetime(2025, 6, 2, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def day(n):
    return T0 + n * DAY


def test_what_expires_first_is_used_first_and_what_expires_is_lost():
    credited = [
        Credit(at=day(0), minutes=100),
        Credit(at=day(1), minutes=60, expires=day(15)),
        Credit(at=day(2), minutes=30, expires=day(10)),
    ]
    uses = [Use(at=day(5), minutes=40)]
    before = balance(credited, uses, at=day(5))
    assert (before.left, before.lost, before.overdrawn) == (150, 0, 0)
    assert before.next_loss == Credit(at=day(1), minutes=50, expires=day(15))
    after = balance(credited, uses, at=day(15))
    assert (after.left, after.lost, after.next_loss) == (100, 50, None)


def test_on_the_day_before_nothing_has_been_earned_yet():
    assert balance([Credit(at=day(3), minutes=60)], [], at=day(2)).left == 0


def test_what_was_not_there_is_overdrawn_and_not_paid_back_by_what_comes_later():
    found = balance([Credit(at=day(3), minutes=60)], [Use(at=day(1), minutes=20)], at=day(4))
    assert (found.left, found.overdrawn) == (60, 20)


moments = st.integers(0, 60).map(day)
credits_given = st.lists(
    st.builds(
        lambda at, minutes, lasts: Credit(at=at, minutes=minutes, expires=lasts and at + lasts * DAY),
        moments, st.integers(0, 500), st.none() | st.integers(1, 30),
    ),
    max_size=6,
)  # fmt: skip


@given(
    credited=credits_given,
    uses=st.lists(st.builds(Use, at=moments, minutes=st.integers(0, 300)), max_size=6),
    now=moments,
)
def test_no_minute_is_lost_from_the_books(credited, uses, now):
    found = balance(credited, uses, at=now)
    earned = sum(one.minutes for one in credited if one.at <= now)
    used = sum(one.minutes for one in uses if one.at <= now)
    assert earned == found.left + found.lost + used - found.overdrawn
    assert min(found.left, found.lost, found.overdrawn) >= 0


def test_after_a_night_call_out_one_starts_eleven_hours_after_its_end():
    found = rests([T0 + 2 * HOUR + 40 * HOUR / 60])
    assert earliest_start(found, T0 + 3 * HOUR) == T0 + 13 * HOUR + 40 * HOUR / 60
    assert earliest_start(found, T0 + 14 * HOUR) is None


def test_of_several_in_a_night_the_last_one_counts():
    (only,) = rests([T0 + 5 * HOUR, T0 + HOUR, T0 + 3 * HOUR])
    assert only.until == T0 + 16 * HOUR


def test_a_rest_is_broken_once_by_what_comes_first():
    found = rests([T0 + 2 * HOUR])
    broken = violations(found, [(T0 + 9 * HOUR, "office"), (T0 + 7 * HOUR, "page"), (T0 + 13 * HOUR, "late")])
    assert [(one.at, one.by) for one in broken] == [(T0 + 7 * HOUR, "page")]
