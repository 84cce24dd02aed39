"""Calendars as others write them, read into the times somebody is away."""

import contextlib
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.away.reading import MOST_EVENTS, Unreadable, read
from tests.fakes.calendar_server import document, event

NOW = datetime(2026, 3, 1, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def found(*events, zone=UTC, words="", head="", ahead=400):
    return read(
        document(*events, head=head),
        zone=zone,
        since=NOW - timedelta(days=30),
        until=NOW + timedelta(days=ahead),
        words=words,
    )


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def test_a_whole_day_event_is_days_and_a_timed_one_hours_too():
    days, hours = found(
        event("a", "20260309", "20260312"), event("b", "20260401T220000Z", "20260402T060000Z"), zone=BERLIN
    )
    assert (days.first, days.back, days.starts_at) == (date(2026, 3, 9), date(2026, 3, 12), None)
    assert (hours.first, hours.back) == (date(2026, 4, 2), date(2026, 4, 3))
    assert (hours.starts_at, hours.ends_at) == (utc(2026, 4, 1, 22), utc(2026, 4, 2, 6))


def test_a_cancelled_event_is_none_and_words_choose_by_title_in_any_case():
    events = (
        event("a", "20260309", "20260312", "STATUS:CANCELLED"),
        event("b", "20260310", "20260311", title="Dentist"),
        event("c", "20260311", "20260312", title="VACATION in Rome"),
    )
    assert [one.uid for one in found(*events)] == ["b", "c"]
    assert [one.uid for one in found(*events, words="vacation")] == ["c"]


def test_repetitions_their_exceptions_and_the_one_that_moved():
    series = event("w", "20260302", "20260303", "RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE;VALUE=DATE:20260309")
    moved = event("w", "20260317", "20260318", "RECURRENCE-ID;VALUE=DATE:20260316")
    days = found(series, moved)
    assert [one.first.day for one in days] == [2, 17, 23]
    assert [one.uid for one in days] == ["w 2026-03-02", "w 2026-03-16", "w 2026-03-23"]


def test_a_rule_that_ends_without_a_zone_does_not_raise():
    hours = "DTSTART;TZID=Europe/Berlin:20260302T090000\nDTEND;TZID=Europe/Berlin:20260302T170000"
    zoned = f"BEGIN:VEVENT\nUID:u\n{hours}\nRRULE:FREQ=DAILY;UNTIL=20260304T090000\nEND:VEVENT"
    assert [one.starts_at.day for one in found(zoned)] == [2, 3, 4]
    assert found(zoned)[0].starts_at == utc(2026, 3, 2, 8)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("X-WR-TIMEZONE:America/New_York", utc(2026, 3, 2, 14)),
        ("X-WR-TIMEZONE:W. Europe Standard Time", utc(2026, 3, 2, 8)),
        ("X-WR-TIMEZONE:Nowhere at all", utc(2026, 3, 2, 0)),
        ("", utc(2026, 3, 2, 0)),
    ],
)
def test_a_time_without_a_zone_is_the_calendars_or_else_the_persons(head, expected):
    (one,) = found(event("f", "20260302T090000", "20260302T100000"), head=head, zone=ZoneInfo("Asia/Tokyo"))
    assert one.starts_at == expected


def test_windows_names_of_zones_are_known():
    text = event("w", "X", "Y").replace("DTSTART:X", "DTSTART;TZID=Pacific Standard Time:20260302T090000")
    text = text.replace("DTEND:Y", "DTEND;TZID=Pacific Standard Time:20260302T100000").replace(
        "DTSTART;VALUE=DATE:X", ""
    )
    (one,) = found(text)
    assert one.starts_at == utc(2026, 3, 2, 17)


def test_what_lies_outside_the_window_or_lasts_no_time_is_left_out():
    assert found(event("old", "20251201", "20251210"), event("far", "20271201", "20271202")) == []
    assert found(event("none", "20260302T090000Z", "20260302T090000Z")) == []


def test_a_private_event_shows_no_title():
    assert found(event("p", "20260309", "20260310", "CLASS:PRIVATE"))[0].title == ""


@pytest.mark.parametrize(
    "rule",
    [
        "RRULE:FREQ=SECONDLY",
        "RRULE:FREQ=MINUTELY",
        "RRULE:FREQ=DAILY;BYHOUR=0,1,2,3,4,5;BYMINUTE=1,2",
        "RRULE:FREQ=NEVER",
        "RRULE:FREQ=DAILY;INTERVAL=x",
        "RRULE:FREQ=DAILY;INTERVAL=0",
        "RRULE:FREQ=DAILY\nEXRULE:FREQ=DAILY;INTERVAL=0",
        "\n".join(f"RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT={n}" for n in range(1, 40)),
        f"RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;BYYEARDAY={','.join(map(str, range(1, 366)))}",
    ],
)
def test_what_nobody_means_is_passed_over_and_the_rest_is_read(rule):
    good = event("ok", "20260304", "20260305")
    assert [one.uid for one in found(event("bad", "20260302", "20260303", rule), good)] == ["ok"]


def described(name, rule="", offset="+0100", more=""):
    """A zone of a calendar's own, and an event at ten by its clock."""
    observance = "BEGIN:{0}\nDTSTART:19700101T000000\nTZOFFSETFROM:{1}\nTZOFFSETTO:{1}\n{2}END:{0}\n"
    lines = observance.format("STANDARD", offset, f"{rule}\n" if rule else "") + more
    zone = f"BEGIN:VTIMEZONE\nTZID:{name}\n{lines}END:VTIMEZONE"
    times = f"DTSTART;TZID={name}:20260302T100000\nDTEND;TZID={name}:20260302T110000"
    return zone, f"BEGIN:VEVENT\nUID:z\n{times}\nEND:VEVENT"


SUMMER = "BEGIN:DAYLIGHT\nDTSTART:19700329T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\n{}\nEND:DAYLIGHT\n"


@pytest.mark.parametrize("name", ["W. Europe Standard Time", "Customized Time Zone", "Office"])
def test_a_zone_that_one_calendar_describes_is_not_that_of_the_next(name):
    (one,) = found(*described(name, offset="+1400"))
    (next_one,) = found(*described(name))
    assert (one.starts_at, next_one.starts_at) == (utc(2026, 3, 1, 20), utc(2026, 3, 2, 9))


def test_a_zone_that_changes_its_clocks_twice_a_year_is_read():
    rule = "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU"
    summer = SUMMER.format("RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU")
    (one,) = found(*described("Home", rule, more=summer))
    assert one.starts_at == utc(2026, 3, 2, 9)


@pytest.mark.parametrize(
    ("rule", "more"),
    [
        ("RRULE:FREQ=MINUTELY", SUMMER.format("COMMENT:x")),
        ("RRULE:FREQ=SECONDLY", SUMMER.format("COMMENT:x")),
        ("RRULE:FREQ=YEARLY;INTERVAL=0", SUMMER.format("COMMENT:x")),
        ("", SUMMER.format("COMMENT:x") * 600),
    ],
    ids=["each minute", "each second", "never the next year", "600 summers"],
)
def test_a_zone_whose_clock_nobody_could_follow_makes_the_calendar_unreadable(rule, more):
    with pytest.raises(Unreadable, match="by rules that no clock follows"):
        found(*described("Odd", rule, more=more))


def test_a_broken_event_does_not_hide_the_others():
    broken = [
        "BEGIN:VEVENT\nUID:x\nEND:VEVENT",
        event("y", "20269999", "20261399"),
        event("z", "00000000T0", "x"),
    ]
    assert [one.uid for one in found(*broken, event("ok", "20260304", "20260305"))] == ["ok"]


def test_there_is_an_end_to_what_is_read():
    daily = [event(f"d{n}", "20260302", "20260303", "RRULE:FREQ=DAILY") for n in range(6)]
    assert len(found(*daily)) == MOST_EVENTS


def test_endless_and_ancient_events_are_bounded():
    (one,) = found(event("e", "19000101", "23001231"), event("all", "00010101", "99991231"))
    assert (one.first.year, one.back.year) == (1971, 2200)


@pytest.mark.parametrize(
    "body", [b"", b"hello", b"<html></html>", document(event("a", "20260309", "20260310"))[:-60]]
)
def test_what_is_no_whole_calendar_is_unreadable(body):
    with pytest.raises(Unreadable, match="not an iCalendar document"):
        read(body, zone=UTC, since=NOW, until=NOW + timedelta(days=1))


LINES = """BEGIN:VEVENT|END:VEVENT|DTSTART:20260301|DTSTART;TZID=x:20260301T000000|DTEND:1|UID:a|UID|\x00
|RRULE:FREQ=DAILY;COUNT=2|EXDATE:x|DURATION:P1D|DURATION:-P1D|BEGIN:VTIMEZONE|X-WR-TIMEZONE:x|RDATE:20260305
|RECURRENCE-ID:20260301""".replace("\n", "").split("|")


@given(st.lists(st.sampled_from(LINES), max_size=12))
def test_nothing_whatever_raises_anything_else(lines):
    with contextlib.suppress(Unreadable):
        read(document(*lines), zone=BERLIN, since=NOW, until=NOW + timedelta(days=30))
