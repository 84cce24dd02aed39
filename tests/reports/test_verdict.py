"""What makes a shift noisy, at the very edge of each threshold."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from escalation.core.label import Label
from oncall.core.faults import DefinitionFaults
from oncall.core.span import Span
from watchbill.reports.core.facts import Carried, Incident, Page
from watchbill.reports.core.shift_load import load_of
from watchbill.reports.core.thresholds import Colour, Thresholds, read_thresholds, write_thresholds
from watchbill.reports.core.verdict import verdict

MONDAY = datetime(2025, 6, 2, tzinfo=UTC)
WEEK = Carried(
    schedule="Checkout", role="primary", user=1, span=Span(MONDAY, MONDAY + timedelta(days=7)), zone=UTC
)
NOON, TEN_AT_NIGHT = timedelta(hours=12), timedelta(hours=22)
LONG = timedelta(minutes=45)


def day(n, at=NOON):
    return MONDAY + timedelta(days=n) + at


def shift(*whens, carried=WEEK, short_rests=0, **incident):
    """Each time an incident of its own, of a key of its own, answered and resolved by a person."""
    incidents = {
        n: Incident(
            **{
                "id": n, "service": "checkout", "key": f"key{n}", "title": "Disk", "severity": "SEV-2",
                "triggered": at, "acknowledged": at + timedelta(minutes=2), "resolved": at + LONG, **incident,
            }
        )
        for n, at in enumerate(whens)
    }  # fmt: skip
    pages = [
        Page(id=n, incident=n, user=1, at=at, answered=at + timedelta(minutes=2))
        for n, at in enumerate(whens)
    ]
    return load_of(
        carried, pages=pages, incidents=incidents, interruptions=list(whens), short_rests=short_rests
    )


def judged(load, *, budget=100, thresholds=None):
    found = verdict(load, thresholds or Thresholds(), budget=budget)
    return {one.measure: one.colour for one in found.reasons}


def test_a_shift_without_a_page_is_green_and_says_so():
    found = verdict(shift(), Thresholds(), budget=2)
    assert (found.colour, found.sentence(), found.reasons) == (Colour.GREEN, "Green", ())


@pytest.mark.parametrize(
    ("nights", "colour"),
    [((0,), None), ((0, 2), Colour.AMBER), ((0, 2, 4), Colour.AMBER), ((0, 1, 3, 5), Colour.RED)],
)
def test_interruptions_in_sleep_hours_within_seven_nights(nights, colour):
    assert judged(shift(*(day(n, TEN_AT_NIGHT) for n in nights))).get("sleep_interruptions") == colour


def test_two_in_one_night_are_red_and_a_night_goes_on_after_midnight():
    load = shift(day(1, timedelta(hours=23)), day(2, timedelta(hours=3)))
    assert load.interruptions_by_night == {date(2025, 6, 3): 2}
    assert judged(load)["in_one_night"] is Colour.RED


def test_eight_nights_apart_are_not_added_up():
    long = Carried(
        schedule="Checkout", role="primary", user=1, span=Span(MONDAY, MONDAY + timedelta(days=14)), zone=UTC
    )
    assert "sleep_interruptions" not in judged(
        shift(day(0, TEN_AT_NIGHT), day(7, TEN_AT_NIGHT), carried=long)
    )
    assert "sleep_interruptions" in judged(shift(day(0, TEN_AT_NIGHT), day(6, TEN_AT_NIGHT), carried=long))


@pytest.mark.parametrize(
    ("pages", "colour"), [(2, None), (3, Colour.AMBER), (4, Colour.AMBER), (5, Colour.RED)]
)
def test_pages_for_a_budget_of_two(pages, colour):
    load = shift(*(day(n) for n in range(pages)))
    assert judged(load, budget=2).get("over_budget") == colour


def test_a_budget_of_nothing_is_over_with_the_first_page_and_red_with_the_second():
    assert judged(shift(day(0)), budget=0)["over_budget"] is Colour.AMBER
    assert judged(shift(day(0), day(1)), budget=0)["over_budget"] is Colour.RED


def test_incidents_in_twelve_hours_and_a_short_shift_counts_as_one_of_twelve():
    short = Carried(
        schedule="Checkout", role="primary", user=1, span=Span(day(0), day(0) + timedelta(hours=6)), zone=UTC
    )
    times = [day(0) + n * LONG for n in range(5)]
    assert shift(*times, carried=short).incidents_per_12_hours == 5
    assert judged(shift(*times, carried=short))["incidents_per_12_hours"] is Colour.RED
    assert judged(shift(*times[:3], carried=short))["incidents_per_12_hours"] is Colour.AMBER
    assert "incidents_per_12_hours" not in judged(shift(*times[:2], carried=short))


def test_what_ends_by_itself_is_red_only_when_there_are_two_of_it():
    itself = {"by_source": True, "acknowledged": None}
    soon = {n: day(n) + timedelta(minutes=5) for n in range(2)}
    one = shift(day(0), resolved=soon[0], **itself)
    assert judged(one)["self_resolved"] is Colour.AMBER, "all of one"
    later = shift(day(0), resolved=day(0) + timedelta(minutes=5, seconds=1), **itself)
    assert "self_resolved" not in judged(later)
    assert "self_resolved" not in judged(shift(day(0), resolved=soon[0], by_source=True)), "somebody looked"


@pytest.mark.parametrize(("many", "colour"), [(4, None), (5, Colour.RED)])
def test_labels_count_from_the_fifth_on(many, colour):
    load = shift(*(day(n) for n in range(many)), label=Label.NOISE)
    assert judged(load).get("not_actionable") == colour


def test_one_key_is_named_with_its_share_and_what_ended_by_itself():
    times = [day(n) for n in range(5)]
    incidents = {
        n: Incident(
            id=n, service="checkout", key="DiskFull" if n < 3 else f"other{n}", title="Disk",
            severity="SEV-2", triggered=at, resolved=at + timedelta(minutes=4), by_source=n < 2,
            acknowledged=None if n < 2 else at,
        )
        for n, at in enumerate(times)
    }  # fmt: skip
    pages = [Page(id=n, incident=n, user=1, at=at) for n, at in enumerate(times)]
    found = verdict(
        load_of(WEEK, pages=pages, incidents=incidents, interruptions=times), Thresholds(), budget=100
    )
    assert found.sentence() == (
        "Red: 60 % of pages from DiskFull, 2 of 3 resolved by themselves; "
        "2 of 5 incidents resolved by themselves within 5 minutes"
    )


@pytest.mark.parametrize(("short", "colour"), [(0, None), (1, Colour.AMBER), (2, Colour.RED)])
def test_nights_without_rest(short, colour):
    assert judged(shift(short_rests=short)).get("short_rests") == colour


def test_a_team_has_thresholds_of_its_own_and_they_are_kept_as_what_differs():
    own = read_thresholds({"one_key": ["0.5", "0.9"], "labels_needed": 3})
    assert own.one_key.red == Fraction(9, 10)
    assert write_thresholds(own) == {"one_key": ["1/2", "9/10"], "labels_needed": 3}
    assert read_thresholds(write_thresholds(own)) == own
    assert write_thresholds(Thresholds()) == {}


@pytest.mark.parametrize(
    "given",
    [
        {"one_kee": [1, 2]}, {"one_key": [2, 1]}, {"one_key": [-1, 1]}, {"one_key": 3}, {"one_key": ["x", 1]},
        {"one_key": [1]}, {"labels_needed": 0}, {"labels_needed": True}, {"labels_needed": "5"}, [],
    ],
)  # fmt: skip
def test_thresholds_that_make_no_sense_are_refused(given):
    with pytest.raises(DefinitionFaults):
        read_thresholds(given)


def test_how_long_an_answer_took_and_the_longest_block_of_the_worst_night():
    load = shift(day(0, timedelta(hours=26)), day(3))
    assert (load.answered_within(50), load.answered_within(90)) == (120, 120)
    # The night of Monday: 22:00 to 02:00, and 02:30 to 08:00.
    assert load.undisturbed == timedelta(hours=5, minutes=30)
    assert (load.nights, load.missed, load.answered_within(50)) == (8, 0, 120)
