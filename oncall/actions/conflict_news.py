"""What a person and their managers hear of shifts that fall on the person's time off."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from oncall.actions.refusal import sentence_of_span
from oncall.core.conflicts import Conflict
from oncall.models import Schedule
from oncall.selectors import managers_of
from oncall.standins import StandIn, standins
from paging.actions.notices import NoticeRequest
from paging.core.notice import Notice
from people.models import User

WHO_COULD = 3
LISTED = 10
NOBODY_FREE = "Nobody who could carry it is free then, as far as is known."


@dataclass(frozen=True, slots=True)
class _Told:
    """A conflict as it is told: what is left of it, and who could carry that, the best first."""

    role: str
    start: datetime
    end: datetime
    could: Sequence[StandIn]

    def when(self, reader: User) -> str:
        return sentence_of_span(self.start, self.end, ZoneInfo(reader.time_zone))


def conflict_news(
    schedule: Schedule, met: Sequence[Conflict], person: User, *, now: datetime
) -> Iterator[NoticeRequest]:
    """One notice each for `person` and the schedule's managers about all of `met`, of which there is one at
    least: what fell on one time off since it was last looked at.
    """
    ordered = sorted(met, key=lambda each: each.span)
    run = f"c:{person.pk}:{ordered[0].away.number}:{int(now.timestamp())}"
    told = [_told(schedule, each, person, now=now) for each in ordered[:LISTED]]
    for reader in [person, *(user for user in managers_of(schedule) if user.pk != person.pk)]:
        if len(ordered) == 1:
            notice = _of_one(schedule, told[0], person, reader)
        else:
            notice = _of_many(schedule, told, person, reader, count=len(ordered))
        yield NoticeRequest(user_id=reader.pk, cause=f"schedule:{schedule.pk}", run=run, notice=notice)


def cover_path(*, schedule: str, role: str, giver: int, start: datetime, end: datetime) -> str:
    """The page, below PUBLIC_URL, that asks others to carry this span of `giver`'s."""
    asked = {
        "schedule": schedule,
        "role": role,
        "giver": giver,
        "start": start.isoformat(),
        "end": end.isoformat(),
    }
    return f"/swaps/ask?{urlencode(asked)}"


def _told(schedule: Schedule, each: Conflict, person: User, *, now: datetime) -> _Told:
    start, end = max(each.span.start, now), each.span.end
    found = standins(schedule, start=start, end=end, now=now, without=[person.pk])
    return _Told(each.shift.role, start, end, [one for one in found if one.candidate.can][:WHO_COULD])


def _of_one(schedule: Schedule, one: _Told, person: User, reader: User) -> Notice:
    title = f"{_whose(person, reader)} on call as {one.role} of {schedule}, {one.when(reader)}"
    lines = [f"{_called(each.user, reader, you='You')} could: {each.candidate.said}." for each in one.could]
    path = cover_path(schedule=schedule.name, role=one.role, giver=person.pk, start=one.start, end=one.end)
    return Notice(title=title, lines=tuple(lines) or (NOBODY_FREE,), path=path, label="Ask for cover")


def _of_many(schedule: Schedule, told: Sequence[_Told], person: User, reader: User, *, count: int) -> Notice:
    """Where each asks for cover: on the page of one's time off, or for managers that of the schedule."""
    title = f"{_whose(person, reader)} on call in {count} shifts of {schedule}"
    lines = [f"{one.role.capitalize()} {one.when(reader)}: {_who_could(one, reader)}." for one in told]
    if count > len(told):
        lines.append(f"And {count - len(told)} more.")
    path = "/time-off" if reader.pk == person.pk else f"/schedules/{quote(schedule.name, safe='')}/quality"
    return Notice(title=title, lines=tuple(lines), path=path, label="See each")


def _who_could(one: _Told, reader: User) -> str:
    names = [_called(each.user, reader, you="you") for each in one.could]
    return f"{' or '.join(names)} could" if names else "nobody who could carry it is free"


def _whose(person: User, reader: User) -> str:
    return "You are away, and yet" if reader.pk == person.pk else f"{person} is away, and yet"


def _called(user: User, reader: User, *, you: str) -> str:
    return you if user.pk == reader.pk else str(user)
