"""Calendar programs that we did not write read in our feeds what is on the roster, and nothing else."""

from datetime import UTC, datetime

import icalendar
import pytest

from oncall import actions
from oncall.actions.feeds import set_alarm
from oncall.models import Feed, Schedule
from oncall.selectors import final_shifts
from people import actions as people
from tests.oncall.feeds.office import DAY, HOUR, NOW, TESTS, Office
from tests.readers.programs import READERS, with_ical_js

SINCE, UNTIL = NOW.replace(hour=0) - 12 * DAY, NOW.replace(hour=0) + 33 * DAY
NAME = 'Zoë; "Ж", \\n 🎉\u2028 of the very long name that no line of seventy-five octets can hold: 長い名前'
PLACE = "America/New_York"  # its clocks are put forward on 8 March


class Desk(Office):
    """The office, and a desk in New York of two roles, where one cover holds and another was taken back."""

    def __init__(self) -> None:
        super().__init__()
        people.change_user(user=self.bo, name=NAME, by=TESTS, now=NOW - 2 * DAY)
        layers = [self.layer("day", "2d", "2026-01-05T09:00"), self.layer("late", "12h", "2026-01-05T02:00")]
        layers[1]["restrictions"] = [{"days": ["mon", "wed"], "start": "02:00", "end": "14:00"}]
        roles = {"primary": {"layers": layers[:1]}, "secondary": {"layers": layers[1:]}}
        self.desk = self.create("Desk, New York; a", roles, zone=PLACE)
        self.addresses = [self.address("--schedule", self.desk.name), self.address("--user", "bo")]
        for path in self.addresses:
            self.document(path, at=NOW - DAY)
        kept = self.cover(self.mia, NOW + 3 * HOUR)
        self.cancelled = self.cover(self.bo, NOW + 5 * DAY)
        for path in self.addresses:
            self.document(path)
        actions.cancel_override(override=self.cancelled, by=TESTS, now=NOW + HOUR)
        assert kept.cancelled_at is None

    def layer(self, name: str, length: str, start: str) -> dict:
        who = [self.ana.pk, self.bo.pk, self.mia.pk]
        return {"name": name, "participants": who, "start": start, "shift_length": length}

    def cover(self, user, start):
        return self.override(user, start, start + 2 * HOUR, schedule=self.desk, reason="dentist; 9, \\o/")

    def expected(self, user=None) -> list[tuple[datetime, datetime, str]]:
        """Everything on the roster that overlaps the span, as (start, end, summary)."""
        found = [
            (shift.start, shift.end, self.summary(schedule, shift, user))
            for schedule in (Schedule.objects.all() if user else [self.desk])
            for shift in self.shifts(schedule)
            if user is None or shift.user == user.pk
        ]
        return sorted(one for one in found if one[0] < UNTIL and one[1] > SINCE)

    @staticmethod
    def shifts(schedule):
        around = {"since": SINCE - 40 * DAY, "until": UNTIL + 40 * DAY}
        return final_shifts(schedule, **around, split_at_handoffs=True)

    def summary(self, schedule, shift, user) -> str:
        what = f"{schedule.name} {shift.role}"
        if user is not None:
            return f"On-call: {what}"
        if shift.user is None:
            return f"GAP - nobody on call: {what}"
        return f"{dict(self.names())[shift.user]} - {what}"

    def names(self):
        return ((self.ana.pk, "Ana Ruiz"), (self.bo.pk, NAME), (self.mia.pk, "Mia Falk"))


@pytest.fixture
def desk(db) -> Desk:
    return Desk()


@pytest.mark.parametrize("reader", READERS)
def test_a_reader_finds_every_shift_at_its_instant_and_what_was_taken_back(desk, reader, tmp_path):
    for path, user in zip(desk.addresses, (None, desk.bo), strict=True):
        document = desk.document(path, at=NOW + HOUR)
        read = reader(document, SINCE, UNTIL, tmp_path / path.strip("/"))
        found = [one for one in read if one.start < UNTIL and one.end > SINCE]
        live = [(one.start, one.end, one.summary) for one in found if not one.cancelled]
        assert live == desk.expected(user)
        assert len(live) > 9
        assert len({one.uid for one in found}) == len(found)
        gone = {(one.start, one.end) for one in found if one.cancelled}
        assert (desk.cancelled.start, desk.cancelled.end) in gone


@pytest.mark.ical_js
def test_ical_js_finds_that_nobody_is_busy_when_it_changed_and_when_to_ring(desk):
    set_alarm(feed=Feed.objects.get(user=desk.bo), minutes=45, by=TESTS, now=NOW)
    document = desk.document(desk.addresses[1], at=NOW + HOUR)
    (calendar,) = with_ical_js([document])
    ours = icalendar.Calendar.from_ical(document).walk("VEVENT")
    theirs = calendar["events"]
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        assert (other["uid"], other["sequence"]) == (str(one["uid"]), int(one["sequence"]))
        assert datetime.fromisoformat(other["changed"]) == one["last-modified"].dt.astimezone(UTC)
        assert (other["transp"], other["status"]) == ("TRANSPARENT", str(one["status"]))
        assert other["alarms"] == ([] if one["status"] == "CANCELLED" else [-45 * 60])
        assert other["description"] == str(one["description"])
        assert other["url"] == str(one["url"])


def test_icalendar_finds_that_nobody_is_busy(desk):
    found = icalendar.Calendar.from_ical(desk.document(desk.addresses[0])).walk("VEVENT")
    assert {str(one["transp"]) for one in found} == {"TRANSPARENT"}
    assert {one.duration for one in found} >= {2 * DAY - HOUR, 2 * DAY, 2 * HOUR}
