"""What a service makes of a source's word and of labels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.core.flapping import in_words
from escalation.core.grouping import group_of
from escalation.core.severity import SEVERITIES, USUAL, Grading, folded, usual_severity

RULES = [
    {"match": {"alertname": "DiskFull", "cluster": "eu1"}, "severity": "SEV-1"},
    {"match": {"alertname": "DiskFull"}, "severity": "SEV-3"},
]


def graded(word="", labels=None, *, words=None, rules=()):
    grading = Grading.from_json(words or {}, rules)
    return grading.of(word=word, labels=labels or {}, usual=usual_severity(word))


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("critical", "SEV-2"),
        (" CRITICAL", "SEV-2"),
        ("P1", "SEV-1"),
        ("P3", "SEV-1"),
        ("never heard", "SEV-2"),
    ],
)
def test_the_service_s_word_counts_over_the_usual_one_whatever_its_case(word, severity):
    assert graded(word, words={"Critical": "SEV-2", "p3": "SEV-1"}).severity == severity


@pytest.mark.parametrize(
    ("labels", "severity"),
    [
        ({"alertname": "DiskFull", "cluster": "eu1", "pod": "x"}, "SEV-1"),
        ({"alertname": "DiskFull"}, "SEV-3"),
        ({"alertname": "diskfull"}, "SEV-4"),
        ({}, "SEV-4"),
    ],
)
def test_the_first_rule_that_fits_wins_over_word_and_usual(labels, severity):
    assert graded("info", labels, words={"info": "SEV-4"}, rules=RULES).severity == severity


def test_why_is_said_where_it_is_not_the_usual_severity_and_only_there():
    assert graded("critical").why == ""
    assert graded("critical", words={"critical": "SEV-1"}).why == ""
    assert "“critical” is SEV-4" in graded("critical", words={"critical": "SEV-4"}).why
    assert "alertname=DiskFull is SEV-3" in graded("critical", {"alertname": "DiskFull"}, rules=RULES).why


def test_a_rule_without_labels_would_be_about_everything_and_is_about_nothing():
    assert graded("critical", rules=[{"match": {}, "severity": "SEV-4"}]).severity == "SEV-1"


WORDS = st.sampled_from([*USUAL, "Ticket", " P1", "", "??"])
LABELS = st.dictionaries(st.sampled_from("abc"), st.sampled_from("xy"), max_size=3)
GIVEN_RULES = st.lists(
    st.fixed_dictionaries({"match": LABELS, "severity": st.sampled_from(SEVERITIES)}), max_size=4
)


@given(WORDS, LABELS, st.dictionaries(WORDS, st.sampled_from(SEVERITIES), max_size=4), GIVEN_RULES)
def test_it_is_what_a_person_reading_the_tables_from_top_to_bottom_finds(word, labels, words, rules):
    expected = None
    for rule in rules:
        if expected is None and rule["match"] and rule["match"].items() <= labels.items():
            expected = rule["severity"]
    for known, severity in reversed(words.items()):
        if expected is None and known.strip().lower() == word.strip().lower():
            expected = severity
    expected = expected or USUAL.get(folded(word)) or "SEV-2"
    assert graded(word, labels, words=words, rules=rules).severity == expected


@given(LABELS, LABELS, st.lists(st.sampled_from("abc"), unique=True))
def test_alerts_are_of_one_group_exactly_where_the_labels_named_are_equal(one, other, by):
    same = all(one.get(name, "") == other.get(name, "") for name in by)
    assert (group_of(one, by=by) == group_of(other, by=list(reversed(by)))) == same


def test_values_never_run_into_each_other():
    by = ["a", "b"]
    assert group_of({"a": "x", "b": "yz"}, by=by) != group_of({"a": "xy", "b": "z"}, by=by)
    assert group_of({"a": 'x", "b'}, by=by) != group_of({"a": "x", "b": "b"}, by=by)
    assert group_of({}, by=["a"]) != group_of({}, by=["b"])


@pytest.mark.parametrize(
    ("episodes", "said"),
    [(1, ""), (2, ""), (3, "3rd"), (4, "4th"), (11, "11th"), (13, "13th"), (21, "21st"), (113, "113th")],
)
def test_flapping_begins_with_the_third_time(episodes, said):
    assert in_words(episodes) == (f"flapping: {said} time in 24 h" if said else "")
