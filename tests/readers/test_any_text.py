"""Whatever stands in a name comes back from the document as it went in, and every line of it can be read."""

from datetime import UTC, datetime, timedelta

import icalendar
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from oncall.calendars import Publication, Reason, Shown, View, events_of, render
from oncall.core.final import Shift
from oncall.core.slots import named
from tests.readers.programs import with_ical_js

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
ANA, BO = 1, 2

# Control characters have no place in a calendar, but for these two; all else there is may stand in a name.
characters = st.characters(exclude_categories=("Cc", "Cs")) | st.sampled_from("\n\t,;:\\\"'\\nN é\u2028🎉")
texts = st.text(characters, max_size=90)
names = st.fixed_dictionaries(dict.fromkeys(("schedule", "person", "role", "reason", "title"), texts))


def written(names: dict[str, str]) -> bytes:
    """A calendar of two shifts, the second by a cover for the reason."""
    role = names["role"]
    shifts = [
        Shift(role, ANA, MONDAY, MONDAY + HOUR),
        Shift(role, BO, MONDAY + HOUR, MONDAY + 2 * HOUR, "cover"),
    ]
    why = {"kind": "cover", "role": role, "user": BO, "start": MONDAY, "end": MONDAY + 3 * HOUR}
    shown = Shown(
        uid="9a3b",
        name=names["schedule"],
        since=MONDAY,
        until=MONDAY + 3 * HOUR,
        slots=named(shifts),
        names={ANA: "Ana", BO: names["person"]},
        reasons=[Reason(**why, text=names["reason"])],
    )
    events = list(events_of(shown, View(public_url="https://watch.example.com")))
    return render(Publication(name=names["title"], description=names["title"], events=events))


def check(names: dict[str, str], title: str, summary: str, description: str, categories: list[str]) -> None:
    """What a reader found, against what was written."""
    assert title == names["title"]
    assert summary == f"{names['person']} - {names['schedule']} {names['role']}"
    assert f"\nRole: {names['role']}\nOn call: {names['person']}\n" in description
    assert description.endswith(f"\nOverride: cover ({names['reason']})")
    assert categories == ["ON-CALL", names["role"].upper()]


@settings(max_examples=150, deadline=None)
@given(names=names)
def test_any_text_comes_back_through_icalendar(names):
    calendar = icalendar.Calendar.from_ical(written(names))
    _, second = calendar.walk("VEVENT")
    found = (str(calendar["description"]), str(second["summary"]), str(second["description"]))
    check(names, *found, [str(one) for one in second["categories"].cats])


@settings(max_examples=150, deadline=None)
@given(names=names)
def test_lines_have_75_octets_at_most_and_no_character_is_cut(names):
    lines = written(names).split(b"\r\n")
    assert lines.pop() == b""
    assert max(map(len, lines)) <= 75
    for line in lines:
        assert b"\r" not in line
        assert b"\n" not in line
        assert line.decode("utf-8")


@pytest.mark.ical_js
def test_any_text_comes_back_through_ical_js():
    given_names, documents = [], []

    @settings(max_examples=300, deadline=None, phases=[Phase.explicit, Phase.generate])
    @given(names=names)
    def write(names):
        given_names.append(names)
        documents.append(written(names))

    write()
    for names_, calendar in zip(given_names, with_ical_js(documents), strict=True):
        second = calendar["events"][1]
        found = (calendar["description"], second["summary"], second["description"])
        check(names_, *found, second["categories"])
