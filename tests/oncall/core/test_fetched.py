"""Which program last read a calendar, and when, in words."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.core.fetched import ago, last_fetched, program_of

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
A_MOMENT = timedelta(microseconds=1)
SAID = [
    ("Google-Calendar-Importer", "Google"),
    ("Mozilla/5.0 (compatible; Google-Calendar-Importer; +http://www.google.com)", "Google"),
    ("iOS/17.4 (21E219) dataaccessd/1.0", "Apple"),
    ("macOS/14.4 (23E214) CalendarAgent/1021.4", "Apple"),
    ("Mac OS X/10.13.6 (17G14042) CalendarAgent/399.2.2", "Apple"),
    ("Mac+OS+X/10.8.5 (12F45) CalendarAgent/57", "Apple"),
    ("Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)", "Outlook"),
    ("Microsoft.Exchange/15.20 (OutlookUserExperience)", "Outlook"),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Thunderbird/115.8.0", "Thunderbird"),
    ("Mozilla/5.0 (Windows NT 6.1; rv:8.0) Gecko/20111113 Lightning/1.0", "Thunderbird"),
    ("FastMail/1.0 (calendar subscription)", "Fastmail"),
    ("Cyrus-HTTP/3.9", "Fastmail"),
    ("curl/8.5.0", "curl"),
    ("DAVx5/4.4-ose (2024/05/01; dav4jvm; okhttp/4.12.0) Android/14", "DAVx5"),
    ("ICSx5/2.2 (2024/02/19 Android/13)", "ICSx5"),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15", "Mozilla"),
    ("Etar", "Etar"),
    ("", "a program that does not say its name"),
    ("   ", "a program that does not say its name"),
    ("/1.0", "a program that does not say its name"),
]


@pytest.mark.parametrize(("said", "name"), SAID)
def test_a_program_is_named_as_people_call_it(said, name):
    assert program_of(said) == name


@given(st.text(max_size=200))
def test_whatever_a_program_says_it_has_a_short_name_that_can_be_printed(said):
    name = program_of(said)
    assert name
    assert name.isprintable()
    assert len(name) <= 36


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (-timedelta(hours=1), "just now"),
        (timedelta(0), "just now"),
        (timedelta(minutes=1) - A_MOMENT, "just now"),
        (timedelta(minutes=1), "1 min ago"),
        (timedelta(hours=1) - A_MOMENT, "59 min ago"),
        (timedelta(hours=1), "1 h ago"),
        (timedelta(hours=6, minutes=59), "6 h ago"),
        (timedelta(days=1) - A_MOMENT, "23 h ago"),
        (timedelta(days=1), "1 d ago"),
        (timedelta(days=400), "400 d ago"),
    ],
)
def test_how_long_ago_is_said_in_whole_units_that_have_passed(passed, words):
    assert ago(NOW - passed, now=NOW) == words


def test_a_calendar_says_who_read_it_last_or_that_nobody_has():
    assert last_fetched(NOW - timedelta(hours=6), "Google-Calendar-Importer", now=NOW) == (
        "last fetched by Google 6 h ago"
    )
    assert last_fetched(None, "", now=NOW) == "never fetched"
