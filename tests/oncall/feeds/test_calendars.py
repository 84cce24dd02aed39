"""The document itself: what RFC 5545 asks, and what a strict reader gets back."""

from datetime import UTC, datetime, timedelta

import icalendar
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.calendars import Change, Event, Publication, Shown, events_of, render
from oncall.core.final import Shift

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
ANA, BO = 1, 2
NAMES = {ANA: "Ana Ruiz", BO: "Bo Lind"}

# Everything that has broken a calendar: separators, quotes, escapes, line ends, wide and combined characters.
names = st.text(
    alphabet=st.sampled_from("aZ é,;:\"'\\n\n\t🎉\U0001f469\u200d\U0001f4bb\u2028ß"), max_size=120
)


def event(**more) -> Event:
    given = {
        "uid": "a@example.com",
        "start": MONDAY,
        "end": MONDAY + HOUR,
        "summary": "s",
        "description": "d",
        "categories": ("ON-CALL", "PRIMARY"),
        "url": "https://watch.example.com/",
        "changed_at": MONDAY,
        "sequence": 0,
    }
    return Event(**given | more)


def read(*events: Event, name: str = "On call") -> icalendar.Calendar:
    return icalendar.Calendar.from_ical(render(Publication(name=name, description=name, events=events)))


def shown(*shifts: Shift, changes=(), name: str = "Checkout") -> Shown:
    return Shown(
        uid="9a3b",
        name=name,
        since=MONDAY,
        until=MONDAY + timedelta(days=7),
        shifts=shifts,
        names=NAMES,
        changes=changes,
    )


@settings(max_examples=60)
@given(summary=names, description=names, category=names, title=names)
def test_names_come_back_from_the_document_as_they_went_in(summary, description, category, title):
    calendar = read(
        event(summary=summary, description=description, categories=("ON-CALL", category)), name=title
    )
    (found,) = calendar.walk("VEVENT")
    assert str(found["summary"]) == summary
    assert str(found["description"]) == description
    assert str(calendar["description"]) == title
    assert str(calendar["x-wr-calname"]) == icalendar.vText(title).to_ical().decode()
    assert [str(each) for each in found["categories"].cats] == ["ON-CALL", category]


@settings(max_examples=60)
@given(summary=names, title=names)
def test_lines_end_in_crlf_and_fold_at_75_octets_between_characters(summary, title):
    document = render(Publication(name=title, description="", events=[event(summary=summary)]))
    lines = document.split(b"\r\n")
    assert lines[-1] == b""
    assert all(b"\n" not in line and b"\r" not in line for line in lines)
    assert all(len(line) <= 75 for line in lines)
    assert all(line.decode() for line in lines[:-1])


def test_control_characters_never_reach_the_document():
    document = render(Publication(name="a\x00b\x07\x0b", description="", events=[event(summary="x\x1by")]))
    assert not [octet for octet in document if octet < 32 and octet not in b"\r\n\t"]


def test_the_document_says_how_often_to_come_back_and_that_nobody_is_busy():
    calendar = read(event())
    assert calendar["method"] == "PUBLISH"
    assert calendar["version"] == "2.0"
    assert calendar["refresh-interval"].dt == HOUR
    assert calendar["x-published-ttl"] == "PT1H"
    (found,) = calendar.walk("VEVENT")
    assert (found["transp"], found["status"]) == ("TRANSPARENT", "CONFIRMED")
    assert found["dtstamp"].dt == found["last-modified"].dt == MONDAY


def test_a_slot_split_by_ten_minutes_keeps_three_different_uids():
    ten_past, twenty_past = MONDAY + HOUR / 6, MONDAY + HOUR / 3
    events = events_of(
        shown(
            Shift("primary", ANA, MONDAY, ten_past),
            Shift("primary", BO, ten_past, twenty_past, "cover"),
            Shift("primary", ANA, twenty_past, MONDAY + 12 * HOUR),
        ),
        public_url="https://watch.example.com",
    )
    assert [each.uid for each in events] == [
        "9a3b-primary-20260302T090000Z@watch.example.com",
        "9a3b-primary-20260302T091000Z@watch.example.com",
        "9a3b-primary-20260302T092000Z@watch.example.com",
    ]


def test_two_people_who_begin_one_role_at_once_have_uids_of_their_own_in_every_feed():
    both = shown(
        Shift("primary", ANA, MONDAY, MONDAY + HOUR), Shift("primary", BO, MONDAY, MONDAY + 2 * HOUR)
    )
    of_all = events_of(both, public_url="https://watch.example.com")
    of_bo = events_of(both, public_url="https://watch.example.com", user=BO)
    assert [each.uid for each in of_all] == [
        "9a3b-primary-20260302T090000Z@watch.example.com",
        "9a3b-primary-20260302T090000Z-2@watch.example.com",
    ]
    assert [each.uid for each in of_bo] == [of_all[1].uid]


def test_a_uid_says_nothing_of_who_is_on_or_until_when():
    (ana,) = events_of(shown(Shift("primary", ANA, MONDAY, MONDAY + HOUR)), public_url="https://w.example")
    (bo,) = events_of(shown(Shift("primary", BO, MONDAY, MONDAY + 9 * HOUR)), public_url="https://w.example")
    assert ana.uid == bo.uid


def test_a_role_with_spaces_makes_a_uid_without():
    (found,) = events_of(shown(Shift("war room", ANA, MONDAY, MONDAY + HOUR)), public_url="https://w.example")
    assert found.uid == "9a3b-war%20room-20260302T090000Z@w.example"


def test_a_shift_says_who_was_on_before_and_who_comes_after():
    alone = Shift("primary", ANA, MONDAY + HOUR, MONDAY + 3 * HOUR)
    beside = Shift("primary", BO, MONDAY, MONDAY + 4 * HOUR)
    found = events_of(shown(beside, alone), public_url="https://w.example", user=ANA)
    assert "Before: Bo Lind\nAfter: Bo Lind" in found[0].description


def test_a_shift_before_a_gap_says_that_nobody_comes_after():
    first = Shift("primary", ANA, MONDAY, MONDAY + HOUR)
    gap = Shift("primary", None, MONDAY + HOUR, MONDAY + 2 * HOUR)
    ana, nobody = events_of(shown(first, gap), public_url="https://w.example")
    assert "After: nobody" in ana.description
    assert nobody.summary == "GAP - nobody on call: Checkout primary"
    assert "Before: Ana Ruiz" in nobody.description


def test_a_change_is_dated_on_the_shifts_it_touches_and_on_no_other():
    made = Change(at=MONDAY - HOUR, start=MONDAY - 9 * HOUR)
    cover = Change(
        at=MONDAY, start=MONDAY + HOUR, end=MONDAY + 2 * HOUR, role="primary", kind="cover", reason="dentist"
    )
    events = events_of(
        shown(
            Shift("primary", ANA, MONDAY, MONDAY + HOUR),
            Shift("primary", BO, MONDAY + HOUR, MONDAY + 2 * HOUR, "cover"),
            Shift("primary", ANA, MONDAY + 2 * HOUR, MONDAY + 3 * HOUR),
            Shift("primary", BO, MONDAY + 3 * HOUR, MONDAY + 4 * HOUR),
            Shift("secondary", BO, MONDAY, MONDAY + 4 * HOUR),
            changes=[made, cover],
        ),
        public_url="https://w.example",
    )
    assert [(each.changed_at, each.sequence) for each in events] == [
        (MONDAY, 1),
        (MONDAY, 1),
        (MONDAY, 1),
        (MONDAY - HOUR, 0),
        (MONDAY - HOUR, 0),
    ]
    assert [each.description.splitlines()[-1] for each in events[:2]] == [
        "After: Bo Lind",
        "Override: cover (dentist)",
    ]
