"""The document itself: what RFC 5545 asks, and what a strict reader gets back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import icalendar
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar.parser import Contentline

from oncall.calendars import Event, Publication, Reason, Shown, View, events_of, render
from oncall.core.final import Shift
from oncall.core.slots import named

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


def shown(*shifts: Shift, slots=None, **more) -> Shown:
    given = {"uid": "9a3b", "name": "Checkout", "since": MONDAY, "until": MONDAY + timedelta(days=7)}
    found = named(shifts) if slots is None else slots
    return Shown(**given | {"slots": found, "names": NAMES} | more)


def shows(shown: Shown, **view) -> list[Event]:
    return list(events_of(shown, View(**{"public_url": "https://w.example"} | view)))


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


@given(
    title=st.text(st.sampled_from("ab "), min_size=60, max_size=400)
    | st.text(st.sampled_from("ab ^\\,;é🔥\n"), min_size=60, max_size=400)
)
def test_a_line_is_folded_where_icalendar_folds_it(title):
    document = render(Publication(name="", description="", events=[event(summary=title)]))
    summary = icalendar.vText(title).to_ical().decode()
    assert Contentline(f"SUMMARY:{summary}").to_ical() + b"\r\n" in document


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
    events = shows(
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
    of_all = shows(both, public_url="https://watch.example.com")
    of_bo = shows(both, public_url="https://watch.example.com", user=BO)
    assert [each.uid for each in of_all] == [
        "9a3b-primary-20260302T090000Z@watch.example.com",
        "9a3b-primary-20260302T090000Z-2@watch.example.com",
    ]
    assert [each.uid for each in of_bo] == [of_all[1].uid]


def test_a_uid_says_nothing_of_who_is_on_or_until_when():
    (ana,) = shows(shown(Shift("primary", ANA, MONDAY, MONDAY + HOUR)))
    (bo,) = shows(shown(Shift("primary", BO, MONDAY, MONDAY + 9 * HOUR)))
    assert ana.uid == bo.uid


def test_a_role_with_spaces_makes_a_uid_without():
    (found,) = shows(shown(Shift("war room", ANA, MONDAY, MONDAY + HOUR)))
    assert found.uid == "9a3b-war%20room-20260302T090000Z@w.example"


def test_a_shift_says_who_was_on_before_and_who_comes_after():
    alone = Shift("primary", ANA, MONDAY + HOUR, MONDAY + 3 * HOUR)
    beside = Shift("primary", BO, MONDAY, MONDAY + 4 * HOUR)
    found = shows(shown(beside, alone), user=ANA)
    assert "Before: Bo Lind\nAfter: Bo Lind" in found[0].description


def test_a_shift_before_a_gap_says_that_nobody_comes_after():
    first = Shift("primary", ANA, MONDAY, MONDAY + HOUR)
    gap = Shift("primary", None, MONDAY + HOUR, MONDAY + 2 * HOUR)
    ana, nobody = shows(shown(first, gap))
    assert "After: nobody" in ana.description
    assert nobody.summary == "GAP - nobody on call: Checkout primary"
    assert "Before: Ana Ruiz" in nobody.description


def test_an_event_is_dated_and_counted_by_its_slots_last_change():
    first, second = named(
        [Shift("primary", ANA, MONDAY, MONDAY + HOUR), Shift("primary", BO, MONDAY + HOUR, MONDAY + 2 * HOUR)]
    )
    slots = [replace(first, sequence=3, changed_at=MONDAY - HOUR), replace(second, changed_at=MONDAY - HOUR)]
    events = shows(shown(slots=slots, renamed={BO: MONDAY}))
    assert [(each.changed_at, each.sequence) for each in events] == [(MONDAY - HOUR, 3), (MONDAY, 0)]


def test_an_override_says_why():
    shift = Shift("primary", BO, MONDAY + HOUR, MONDAY + 2 * HOUR, "cover")
    why = {"kind": "cover", "role": "primary", "user": BO, "start": MONDAY, "end": MONDAY + 3 * HOUR}
    (found,) = shows(shown(shift, reasons=[Reason(**why, text="dentist")]))
    assert found.description.splitlines()[-1] == "Override: cover (dentist)"


def test_what_is_no_longer_there_is_shown_as_cancelled_and_stands_around_nobody():
    gone, stays = named(
        [
            Shift("primary", ANA, MONDAY, MONDAY + HOUR),
            Shift("primary", BO, MONDAY + HOUR, MONDAY + 2 * HOUR),
        ]
    )
    events = shows(shown(slots=[replace(gone, cancelled=True, sequence=1), stays]))
    assert [(each.cancelled, each.sequence, each.end) for each in events] == [
        (True, 1, MONDAY + HOUR),
        (False, 0, MONDAY + 2 * HOUR),
    ]
    assert "Before: nobody" in events[1].description
    (found, _) = read(*events).walk("VEVENT")
    assert found["status"] == "CANCELLED"


def test_what_passed_to_somebody_else_is_cancelled_in_my_calendar_with_the_end_it_had():
    slots = named([Shift("primary", BO, MONDAY, MONDAY + 2 * HOUR)])
    former = {("primary", MONDAY, 0): MONDAY + HOUR}
    (mine,) = shows(shown(slots=slots, former=former), user=ANA)
    (his,) = shows(shown(slots=slots), user=BO)
    assert (mine.uid, mine.cancelled, mine.end) == (his.uid, True, MONDAY + HOUR)
    assert "On call: Bo Lind" in mine.description
    assert not his.cancelled


def test_the_calendar_of_gaps_has_what_nobody_carries_and_takes_back_what_somebody_does():
    slots = named(
        [
            Shift("primary", ANA, MONDAY, MONDAY + HOUR),
            Shift("primary", None, MONDAY + HOUR, MONDAY + 2 * HOUR),
        ]
    )
    former = {("primary", MONDAY, 0): MONDAY + HOUR}
    events = shows(shown(slots=slots, former=former), gaps=True)
    assert [(each.summary, each.cancelled) for each in events] == [
        ("GAP - nobody on call: Checkout primary", True),
        ("GAP - nobody on call: Checkout primary", False),
    ]


def test_the_program_rings_before_each_shift_where_it_was_asked_to():
    events = [event(), event(uid="b@example.com", cancelled=True)]
    document = render(Publication(name="n", description="d", events=events, alarm=30))
    (alarm,) = icalendar.Calendar.from_ical(document).walk("VALARM")
    assert (alarm["action"], alarm["trigger"].dt) == ("DISPLAY", -HOUR / 2)
    assert b"VALARM" not in render(Publication(name="n", description="d", events=events))
