"""What each carried beside what would be fair, and how a team went over time: counted on paper."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from oncall.core.span import Span
from tests.reports.test_verdict import MONDAY, WEEK
from watchbill.reports.core.facts import Incident, Page
from watchbill.reports.core.fairness import over_budget, people, trailing
from watchbill.reports.core.response import Times, grouped, response, severities, times
from watchbill.reports.core.shift_load import load_of
from watchbill.reports.core.thresholds import Colour, Thresholds

FORTNIGHT = Span(MONDAY, MONDAY + timedelta(days=14))
HOUR = timedelta(hours=1)


def at(day, hour):
    return MONDAY + timedelta(days=day, hours=hour)


def load(user, first, days, *whens, role="primary"):
    carried = replace(WEEK, user=user, role=role, span=Span(at(first, 0), at(first + days, 0)))
    incidents = {
        n: Incident(id=n, service="s", key="k", title="t", severity="SEV-1", triggered=when)
        for n, when in enumerate(whens)
    }
    pages = [Page(id=n, incident=n, user=user, at=when) for n, when in enumerate(whens)]
    return load_of(carried, pages=pages, incidents=incidents, interruptions=list(whens))


def test_who_carried_as_many_nights_and_was_woken_thrice_as_often_is_over_what_is_fair():
    # A week each, 70 h of sleep each; of the four wakes Ana had three, and two are fair.
    found = people(
        [load(1, 0, 7, at(0, 23), at(2, 3), at(4, 2)), load(2, 7, 7, at(9, 1), at(10, 12))], within=FORTNIGHT
    )
    ana, bo = found
    assert (ana.user, ana.sleep_interruptions, ana.fair, ana.over_fair) == (1, 3, 2, Fraction(3, 2))
    assert (bo.user, bo.sleep_interruptions, bo.interruptions, bo.over_fair) == (2, 1, 2, Fraction(1, 2))
    assert (ana.carried, ana.sleep, ana.weekends, ana.share) == (168 * HOUR, 70 * HOUR, 1, Fraction(1, 2))
    # Monday 0:00 to 8:00 is the night of Sunday, and Sunday 22:00 to 24:00 that of the last Sunday.
    assert ana.nights == 8
    assert ana.colour(Thresholds()) is Colour.RED, "half of the time on call"


def test_on_two_roles_at_once_the_hours_are_carried_once():
    (one,) = people([load(1, 0, 7), load(1, 0, 7, role="secondary")], within=FORTNIGHT)
    assert (one.carried, one.nights, one.over_fair) == (168 * HOUR, 8, None)


def test_the_average_of_21_days_forgets_what_was_before():
    counts = {date(2025, 6, 1): 21, date(2025, 6, 22): 42}
    found = trailing(counts, first=date(2025, 6, 20), last=date(2025, 6, 22))
    assert [(day.day.day, day.incidents, day.average) for day in found] == [
        (20, 0, 1),
        (21, 0, 1),
        (22, 42, 2),
    ]


def test_shifts_over_their_budget():
    loads = [load(1, 0, 7, at(1, 12), at(2, 12), at(3, 12)), load(2, 7, 7, at(8, 12), at(9, 12))]
    assert over_budget(loads, budget=2) == Fraction(1, 2)
    assert over_budget([], budget=2) == 0


def incident(n, **more):
    usual = {"service": "s", "key": "k", "title": "t", "severity": "SEV-2", "triggered": at(0, 12)}
    return Incident(**{"id": n, **usual, **more})


def test_how_fast_by_severity():
    noon = at(0, 12)
    found = grouped(
        [
            incident(1, acknowledged=noon + HOUR, resolved=noon + 2 * HOUR, began=noon - HOUR / 2),
            incident(2, acknowledged=noon + 3 * HOUR, began=noon + HOUR),
            incident(3, severity="SEV-1", by_source=True, resolved=noon + timedelta(minutes=2), timeouts=2),
        ],
        lambda one: one.severity,
    )
    assert list(found) == ["SEV-2", "SEV-1"]
    slow, fast = found.values()
    assert slow.detect == Times(2, 900, 0, 1800), "a clock that is ahead took no time"
    assert slow.acknowledge == Times(2, 7200, 3600, 10800)
    assert slow.resolve == Times(1, 7200, 7200, 7200)
    assert (fast.acknowledge, fast.timeouts, fast.noise_ratio) == (None, 2, 1)
    assert severities([incident(1), incident(2), incident(3, severity="SEV-1")]) == {"SEV-1": 1, "SEV-2": 2}


def test_nothing_at_all_has_no_times_and_no_noise():
    nothing = response([])
    assert (nothing.incidents, nothing.resolve, nothing.noise_ratio) == (0, None, 0)
    assert times([None]) is None
