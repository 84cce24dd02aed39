from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchbill.provisioning.durations import DurationError, Length, parse, parse_length, spell


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=3660 * 86_400).map(lambda seconds: timedelta(seconds=seconds)))
def test_what_is_spelled_is_read_back(duration):
    assert parse(spell(duration)) == duration


@settings(deadline=None)
@given(st.integers(min_value=1, max_value=120))
def test_months_are_read_back(months):
    assert parse_length(str(Length(months=months))) == Length(months=months)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("10m", 600),
        ("2h", 7200),
        ("3d", 259_200),
        ("1w", 604_800),
        ("12 hours", 43_200),
        ("1 week", 604_800),
        ("1 hour 30 minutes", 5400),
        ("1h30m", 5400),
        ("PT10M", 600),
        ("P1W", 604_800),
        ("P1DT12H", 129_600),
        ("0m", 0),
    ],
)
def test_every_form_of_the_contract_is_read(text, seconds):
    assert parse(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(("text", "months"), [("2 months", 2), ("P2M", 2), ("1 year", 12), ("P1Y", 12)])
def test_months_are_calendar_months(text, months):
    assert parse_length(text) == Length(months=months)


@pytest.mark.parametrize(
    "text",
    ["", "m", "10", "-5m", "10x", "1.5h", "P", "PT", "P1", "1w 2months", "٣m", "11 years", "9999999999999w"],
)
def test_what_is_no_duration_is_refused_with_a_sentence(text):
    with pytest.raises(DurationError, match=r"“.*” .*\.$"):
        parse_length(text)


def test_a_fixed_time_has_no_months():
    with pytest.raises(DurationError, match="differ in length"):
        parse("2 months")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(600, "10m"), (604_800, "1w"), (129_600, "36h"), (90, "90s"), (86_400, "1d"), (0, "0m")],
)
def test_the_shortest_unit_that_says_it_whole(seconds, text):
    assert spell(timedelta(seconds=seconds)) == text
