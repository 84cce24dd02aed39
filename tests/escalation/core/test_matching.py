"""Which alerts a rule means."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from escalation.core.incident import Parked
from escalation.core.matching import Rule, canonical, faults_of, matches, quiet_of, spelled

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
LETTERS = st.text(alphabet="ab*?[.", max_size=8)


def rule(number=1, *, until=NOW + timedelta(days=1), reason=Parked.SUPPRESSED, **match):
    return Rule(
        id=number,
        reason=reason,
        match=match,
        severities=("SEV-2", "SEV-3"),
        until=until,
        why=f"rule {number}",
    )


@pytest.mark.parametrize(
    ("match", "meant"),
    [
        ({"alertname": "DiskFull"}, True),
        ({"alertname": "DiskFull", "cluster": "eu1"}, True),
        ({"alertname": "DiskFull", "cluster": "eu2"}, False),
        ({"alertname": "diskfull"}, False),
        ({"alertname": "Disk*"}, True),
        ({"alertname": "*Full"}, True),
        ({"alertname": "D*s*l"}, True),
        ({"alertname": "Disk"}, False),
        ({"alertname": "DiskFull*"}, True),
        ({"alertname": "DiskFull*l"}, False),  # one l is not two
        ({"alertname": "DiskFull", "team": "*"}, False),  # a label that is not there matches nothing
        ({"alertname": "DiskFull", "empty": "*"}, True),
        ({"alertname": "DiskFul?"}, False),  # a question mark is one
        ({"shard": "7"}, True),
        ({}, False),
    ],
)
def test_a_match_is_every_label_as_it_is_written(match, meant):
    labels = {"alertname": "DiskFull", "cluster": "eu1", "empty": "", "shard": 7}
    assert matches(match, labels) is meant


@given(pattern=LETTERS, value=LETTERS)
def test_a_star_stands_for_anything_as_a_regular_expression_has_it(pattern, value):
    oracle = re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), value, re.DOTALL)
    assert matches({"label": pattern}, {"label": value}) == bool(oracle)


def test_a_long_value_and_many_stars_take_no_time_to_speak_of():
    """Taken back step by step, this search would outlive the tests."""
    assert not matches({"label": "a*" * 200 + "b"}, {"label": "a" * 10_000})


def test_a_rule_is_about_its_severities_only():
    one = rule(alertname="DiskFull")
    said = [
        severity
        for severity in ("SEV-1", "SEV-2", "SEV-3", "SEV-4")
        if one.means({"alertname": "DiskFull"}, severity)
    ]
    assert said == ["SEV-2", "SEV-3"]


def test_of_two_that_mean_the_same_the_one_that_ends_last_counts():
    sooner, later = rule(1, alertname="*Full"), rule(2, until=NOW + timedelta(days=2), alertname="Disk*")
    assert quiet_of([later, sooner]).why == "rule 2"
    assert quiet_of([sooner, later]).until == NOW + timedelta(days=2)
    assert quiet_of([]) is None


@pytest.mark.parametrize(
    ("match", "said"),
    [
        ({}, "names no label"),
        ({"alertname": "*"}, "nothing but *"),
        ({"alertname": "**", "job": "*"}, "nothing but *"),
        ({f"label{n}": "x" for n in range(100)}, "names 100 labels"),
        ({"alertname": "x" * 10_000}, "longer than 500 characters; write its beginning, then a *"),
        ({"n" * 300: "x"}, "a name longer than 200"),
        ({"": "x"}, "no name of a label"),
        ({" alertname": "x"}, "no name of a label"),
        ({"alertname": ""}, "has no value"),
        ({"alertname": "a\x00b"}, "another character in it that no text has"),
        ({"alertname": "a\nb"}, "has a line break"),
        ({"alertname": "a\ud800"}, "another character in it that no text has"),
    ],
)
def test_a_match_that_means_too_much_or_nothing_is_refused_in_a_sentence(match, said):
    (fault,) = faults_of(match)
    assert said in fault
    assert len(fault) < 250


def test_one_match_has_one_spelling():
    assert canonical({"b": "2", "a": "1"}) == canonical({"a": "1", "b": "2"}) == "a=1, b=2"
    assert not faults_of({"alertname": "DiskFull", "job": "*"})
    assert spelled({"a": "x" * 400}).endswith("…")


AWKWARD = st.text(alphabet='ab1,= "\\', min_size=1, max_size=8)


@given(st.lists(st.dictionaries(AWKWARD, AWKWARD, min_size=1, max_size=3), min_size=2, max_size=2))
@example([{"a": "1, b=2"}, {"a": "1", "b": "2"}])
@example([{"a": '"1", b=2'}, {"a": "1", "b": "2"}])
@example([{"a=1": "2"}, {"a": "1=2"}])
def test_two_matches_have_two_spellings(matches):
    one, other = matches
    assert (canonical(one) == canonical(other)) == (one == other)
