"""manage.py shifts: the final schedule in four forms."""

import csv
import json

import icalendar
import pytest
import time_machine
from django.core.management import CommandError

from tests.oncall.feeds.office import HOUR, NOW

MARCH = ("--since", "2026-03-02", "--until", "2026-03-16T09:00")


@pytest.fixture(autouse=True)
def wednesday():
    with time_machine.travel(NOW, tick=False):
        yield


def rows(office, *words: str) -> list[dict[str, object]]:
    return json.loads(office.command("shifts", *words, "--format", "json"))


def test_json_is_the_final_schedule_in_utc_with_gaps_and_overrides(office):
    office.override(office.mia, NOW + HOUR, NOW + 2 * HOUR)
    office.override(office.ana, NOW + 3 * HOUR, NOW + 4 * HOUR, kind="remove")
    found = rows(office, "Checkout", "--since", "2026-03-04", "--until", "2026-03-05T00:00")
    assert found == [
        {
            "schedule": "Checkout",
            "role": "primary",
            "user": user,
            "start": start,
            "end": end,
            "override": override,
        }
        for user, start, end, override in [
            ("ana", "2026-03-04T00:00:00Z", "2026-03-04T13:00:00Z", None),
            ("mia", "2026-03-04T13:00:00Z", "2026-03-04T14:00:00Z", "cover"),
            ("ana", "2026-03-04T14:00:00Z", "2026-03-04T15:00:00Z", None),
            (None, "2026-03-04T15:00:00Z", "2026-03-04T16:00:00Z", None),
            ("ana", "2026-03-04T16:00:00Z", "2026-03-05T00:00:00Z", None),
        ]
    ]


def test_times_without_an_offset_are_the_schedules_wall_clock_over_a_clock_change(office):
    office.rotation("Berlin", [office.ana.pk, office.bo.pk], zone="Europe/Berlin")
    found = rows(office, "Berlin", "--since", "2026-03-23T09:00", "--until", "2026-04-06")
    assert [(row["start"], row["end"]) for row in found] == [
        ("2026-03-23T08:00:00Z", "2026-03-30T07:00:00Z"),
        ("2026-03-30T07:00:00Z", "2026-04-05T22:00:00Z"),
    ]
    same = ("--since", "2026-03-23T08:00:00Z", "--until", "2026-04-06T00:00+02:00")
    assert rows(office, "Berlin", *same) == found


def test_rows_are_ordered_by_start_then_role_and_one_role_can_be_asked_for(office):
    layer = {"name": "Weekly", "participants": [office.ana.pk, office.bo.pk], "start": "2026-01-05T09:00"}
    follows = {"follows": "primary", "layer": "Weekly", "offset": 1}
    office.create("Both", {"secondary": follows, "primary": {"layers": [layer]}})
    found = rows(office, "Both", *MARCH)
    assert [(row["role"], row["user"]) for row in found] == [
        ("primary", "bo"),
        ("secondary", "ana"),
        ("primary", "ana"),
        ("secondary", "bo"),
        ("primary", "bo"),
        ("secondary", "ana"),
    ]
    assert rows(office, "Both", *MARCH, "--role", "secondary") == found[1::2]


def test_csv_has_the_same_rows_with_a_gap_as_an_empty_name(office):
    office.override(office.ana, NOW + HOUR, NOW + 2 * HOUR, kind="remove")
    text = office.command("shifts", "Checkout", *MARCH, "--format", "csv")
    expected = [{key: value or "" for key, value in row.items()} for row in rows(office, "Checkout", *MARCH)]
    assert list(csv.DictReader(text.splitlines())) == expected
    assert "" in [row["user"] for row in expected]


def test_ics_has_whole_shifts_with_the_uids_of_the_feed(office):
    text = office.command("shifts", "Checkout", *MARCH, "--format", "ics")
    events = icalendar.Calendar.from_ical(text).walk("VEVENT")
    feed = office.events(office.address("--schedule", "Checkout"))
    assert [event.start.day for event in events] == [23, 2, 9]
    assert {str(event["uid"]) for event in events} <= {str(event["uid"]) for event in feed}


def test_the_table_speaks_the_schedules_zone_and_takes_names_as_they_are(office):
    office.rotation("New York [red]", [office.ana.pk, None], zone="America/New_York")
    text = office.command("shifts", "New York [red]", *MARCH)
    assert "America/New_York" in text
    assert "Mon 2026-03-09 09:00 EDT" in text
    assert "nobody" in text


CANNOT = [
    (["Chekcout", *MARCH], r"There is no schedule “Chekcout”; did you mean “Checkout”\?"),
    (["Payments", *MARCH], r"There is no schedule “Payments”; there is “Checkout”\."),
    (["Checkout", *MARCH, "--role", "primry"], r"There is no role “primry”; did you mean “primary”\?"),
    (
        ["Checkout", *MARCH, "--role", "x", "--format", "ics"],
        r"There is no role “x”; there is “primary”\.",
    ),
    (["Checkout", "--since", "2026-03-02", "--until", "2026-03-02"], "must come after the start"),
    (["Checkout", "--since", "2026-03-03", "--until", "2026-03-02"], "must come after the start"),
    (["Checkout", "--since", "2016-01-01", "--until", "2026-03-02"], "More than ten years"),
    (
        ["Checkout", "--since", "tomorrow", "--until", "2026-03-02"],
        "“tomorrow” is not a time; write 2025",
    ),
    (["Checkout", "--since", "2026-02-30", "--until", "2026-03-02"], "“2026-02-30” is not a time"),
    (["Checkout", "--since", "0000-01-01", "--until", "2026-03-02"], "is not a time"),
    (
        ["Checkout", "--since", "0001-01-01", "--until", "2026-03-02"],
        "lies outside the years 1901 to 8999",
    ),
    (["Checkout", "--since", "2026-03-02", "--until", "9999-12-31T23:59"], "lies outside the years"),
]


def test_what_cannot_be_answered_ends_with_a_sentence(office, subtests):
    for words, sentence in CANNOT:
        with subtests.test(words), pytest.raises(CommandError, match=sentence):
            office.command("shifts", *words)


def test_a_range_of_ten_years_is_answered(office):
    found = rows(office, "Checkout", "--since", "2026-03-02", "--until", "2036-03-02")
    assert len(found) > 500


def test_long_before_the_schedule_began_there_is_nothing(office):
    assert rows(office, "Checkout", "--since", "1950-01-01", "--until", "1951-01-01") == []
