"""manage.py whois: who is on call, and until when."""

import json

import pytest
import time_machine
from django.core.management import CommandError

from oncall import actions
from tests.oncall.feeds.office import HOUR, NEXT_WEEK, NOW, TESTS


@pytest.fixture(autouse=True)
def wednesday():
    with time_machine.travel(NOW, tick=False):
        yield


def rows(office, *words: str) -> list[dict[str, object]]:
    return json.loads(office.command("whois", *words, "--format", "json"))


def row(users: list[str], until: str | None, *, schedule: str = "Checkout", role: str = "primary"):
    return {"schedule": schedule, "role": role, "users": users, "until": until}


def test_now_is_the_time_when_none_is_given(office):
    assert rows(office, "Checkout") == [row(["ana"], "2026-03-09T09:00:00Z")]


@pytest.mark.parametrize(
    ("at", "user", "until"),
    [
        ("2026-03-09T08:59:59", "ana", "2026-03-09T09:00:00Z"),
        ("2026-03-09T09:00:00", "bo", "2026-03-16T09:00:00Z"),
        ("2026-03-09T09:00:01Z", "bo", "2026-03-16T09:00:00Z"),
        ("2026-03-10", "bo", "2026-03-16T09:00:00Z"),
    ],
)
def test_the_handoff_instant_belongs_to_the_incoming_person(office, at, user, until):
    assert rows(office, "Checkout", "--at", at) == [row([user], until)]


def test_a_cover_is_who_is_on_and_its_end_is_the_change(office):
    office.override(office.mia, NOW, NOW + HOUR)
    assert rows(office, "Checkout") == [row(["mia"], "2026-03-04T13:00:00Z")]


def test_several_at_once_and_nobody_are_lists_too(office):
    office.rotation("Pairs", [[office.bo.pk, office.ana.pk], []])
    assert rows(office, "Pairs") == [row(["bo", "ana"], "2026-03-09T09:00:00Z", schedule="Pairs")]
    assert rows(office, "Pairs", "--at", "2026-03-09T09:00") == [
        row([], "2026-03-16T09:00:00Z", schedule="Pairs")
    ]


def test_every_schedule_answers_in_its_own_wall_clock(office):
    office.rotation("Berlin", [office.ana.pk, office.bo.pk], zone="Europe/Berlin")
    assert rows(office, "--at", "2026-03-09T08:30") == [
        row(["ana"], "2026-03-09T08:00:00Z", schedule="Berlin"),
        row(["ana"], "2026-03-09T09:00:00Z"),
    ]


def test_a_change_after_months_is_found_and_one_that_never_comes_is_null(office):
    office.rotation("Slow", [office.ana.pk, office.bo.pk], shift_length="6 months")
    office.rotation("Alone", [office.ana.pk])
    assert rows(office, "Slow") == [row(["ana"], "2026-07-05T09:00:00Z", schedule="Slow")]
    assert rows(office, "Alone") == [row(["ana"], None, schedule="Alone")]


def test_a_retired_schedule_is_not_among_all(office):
    actions.retire_schedule(schedule=office.schedule, by=TESTS, now=NOW)
    assert rows(office) == []


def test_the_table_names_people_and_the_end(office):
    text = office.command("whois")
    assert "Ana Ruiz (ana)" in text
    assert f"{NEXT_WEEK:%a %Y-%m-%d %H:%M} UTC" in text


CANNOT = [
    (["CHECKOUTS"], r"There is no schedule “CHECKOUTS”; did you mean “Checkout”\?"),
    (["Checkout", "--at", "noon"], "“noon” is not a time"),
    (["--at", "9999-12-31"], "lies outside the years"),
]


def test_what_cannot_be_answered_ends_with_a_sentence(office, subtests):
    for words, sentence in CANNOT:
        with subtests.test(words), pytest.raises(CommandError, match=sentence):
            office.command("whois", *words)
