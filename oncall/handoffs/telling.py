"""The notices about handoffs, each in the zone of the one who reads it."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from oncall.core import handoff as core
from oncall.core.definition import in_order
from oncall.core.handoff import Handoff, Stint
from oncall.models import Handoff as Row
from oncall.models import HandoffPerson, Schedule
from oncall.selectors import final_shifts
from paging.actions.notices import NoticeRequest, tell
from paging.core.notice import Notice
from people.ledger.record import ENGINE, Line, record
from people.ledger.verbs import Verb
from people.models import Membership, User

FAR_AHEAD = timedelta(days=60)
LATE = timedelta(minutes=5)
NOTE_STAYS_OPEN = timedelta(hours=24)
"""For this long after a handoff its note can still be written."""

UNITS = ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute"))
Said = Callable[["_Reader"], Notice]


class _Reader:
    """Somebody who is told, and how instants are written for them."""

    def __init__(self, user: User) -> None:
        self._zone = ZoneInfo(user.time_zone)

    def at(self, moment: datetime) -> str:
        local = moment.astimezone(self._zone)
        return f"{local:%a} {local.day} {local:%b %H:%M %Z}"


class Telling:
    """Gathers what is to be said at one look, and says it at the end of it, in the look's transaction."""

    def __init__(
        self, schedule: Schedule, stints: Sequence[Stint], *, range_end: datetime, now: datetime
    ) -> None:
        self._schedule, self._stints, self._range_end, self._now = schedule, stints, range_end, now
        self._asked: list[tuple[int, Row, str, Said]] = []
        self._lines: list[Line] = []
        self._named = {stint.user for stint in stints}
        self._people: dict[int, User] = {}

    def on(self, one: Handoff, row: Row, user: int) -> None:
        def said(reader: _Reader) -> Notice:
            late = [f"Since {reader.at(one.at)}."] if self._now - one.at > LATE else []
            lines = (*late, self._until(one.role, user, reader), self._before(one), *self._beside(one, user))
            return self._notice("You are on call", row, lines, "Confirm it" if row.asks else "Open")

        self._asked.append((user, row, "on", said))

    def off(self, one: Handoff, row: Row, user: int) -> None:
        def said(reader: _Reader) -> Notice:
            now_on = self._names(self._holders(one.role, max(one.at, self._now)))
            lines = [f"{now_on} is on call now." if now_on else "Nobody is on call after you."]
            if row.asks and row.noted_at is None:
                lines.append(f"Your note can still be written until {reader.at(row.at + NOTE_STAYS_OPEN)}.")
            return self._notice("You are off call", row, lines, "Open")

        self._asked.append((user, row, "off", said))

    def remind(self, one: Handoff, row: Row, first: Stint, lead: timedelta) -> None:
        def said(reader: _Reader) -> Notice:
            lines = (
                f"That is in {in_words(one.at - self._now)}.",
                self._until(one.role, first.user, reader, start=one.at),
                self._before(one),
            )
            return self._notice(f"On call from {reader.at(one.at)}", row, lines, "Open")

        self._asked.append((first.user, row, f"remind:{int(lead.total_seconds())}", said))

    def ask(self, one: Handoff, row: Row, user: int) -> None:
        def said(reader: _Reader) -> Notice:
            lines = (
                f"Your shift ends {reader.at(one.at)}; {self._names(one.incoming)} takes over.",
                "What is open and what was paged is filled in already: add what to watch, and how it was.",
            )
            return self._notice(f"A note for {self._names(one.incoming)}", row, lines, "Write the note")

        self._asked.append((user, row, "note", said))

    def unconfirmed(self, row: Row) -> None:
        sides = {side: list(_users(row, side)) for side in HandoffPerson.Side}
        self._named |= {user for users in sides.values() for user in users}

        def said(reader: _Reader) -> Notice:
            off, on = self._names(sides[HandoffPerson.Side.OUT]), self._names(sides[HandoffPerson.Side.IN])
            lines = (f"{on} took over from {off} at {reader.at(row.at)} and has not confirmed it yet.",)
            return self._notice("A handoff is not confirmed", row, lines, "Open")

        managers = Membership.objects.filter(
            team=self._schedule.team_id, role=Membership.Role.MANAGER, user__is_active=True
        )
        self._asked += [(user, row, "unconfirmed", said) for user in managers.values_list("user", flat=True)]
        what = f"nobody confirmed the handoff of {row.role} at {row.at:%Y-%m-%d %H:%M} UTC"
        self._lines.append(Line(Verb.HANDOFF_UNCONFIRMED, ("handoff", row.pk), ENGINE, what))

    def send(self) -> None:
        if self._asked:
            self._people = User.objects.in_bulk(self._named | {user for user, *_ in self._asked})
        requests = [
            NoticeRequest(
                user_id=user,
                cause=f"handoff:{row.pk}",
                run=run,
                notice=said(_Reader(self._people[user])),
            )
            for user, row, run, said in self._asked
        ]
        if requests:
            tell(requests=requests, now=self._now)
        record(self._lines, now=self._now)

    def _notice(self, title: str, row: Row, lines: Iterable[str], label: str) -> Notice:
        kept = tuple(line for line in lines if line)
        title = f"{title}: {row.role} of {self._schedule.name}"
        return Notice(title=title, lines=kept, path=f"/handoffs/{row.pk}", label=label)

    def _until(self, role: str, user: int, reader: _Reader, *, start: datetime | None = None) -> str:
        at = start or self._now
        end = self._end(self._stints, role, user, at)
        if end is None or end >= self._range_end:
            bound = at + FAR_AHEAD
            ahead = core.stints(final_shifts(self._schedule, since=at, until=bound, role=role))
            end = self._end(ahead, role, user, at)
            if end is None or end >= bound:
                return "Until further notice."
        return f"Until {reader.at(end)}."

    @staticmethod
    def _end(stints: Iterable[Stint], role: str, user: int, at: datetime) -> datetime | None:
        mine = (one for one in stints if one.role == role and one.user == user and one.start <= at < one.end)
        return next((one.end for one in mine), None)

    def _before(self, one: Handoff) -> str:
        return f"Before you: {self._names(one.outgoing) or 'nobody'}."

    def _beside(self, one: Handoff, user: int) -> list[str]:
        """Who is on beside them: in their own role, and in the others."""
        roles = in_order({stint.role for stint in self._stints})
        beside = {
            role: [other for other in self._holders(role, self._now) if other != user] for role in roles
        }
        mine = beside.pop(one.role, [])
        lines = [f"With you: {self._names(mine)}."] if mine else []
        return lines + [
            f"{role.capitalize()}: {self._names(users)}." for role, users in beside.items() if users
        ]

    def _holders(self, role: str, at: datetime) -> list[int]:
        return [one.user for one in self._stints if one.role == role and one.start <= at < one.end]

    def _names(self, users: Iterable[int]) -> str:
        known = [str(self._people[user]) for user in users if user in self._people]
        return " and ".join([", ".join(known[:-1]), known[-1]] if len(known) > 1 else known)


def in_words(length: timedelta) -> str:
    """7 days, 1 hour, 20 minutes: in the largest unit that fits at least once, rounded."""
    for unit, name in UNITS:
        if length >= unit:
            count = round(length / unit)
            return f"{count} {name}" if count == 1 else f"{count} {name}s"
    return "a moment"


def _users(row: Row, side: HandoffPerson.Side) -> Iterable[int]:
    people = HandoffPerson.objects.filter(handoff=row, side=side).order_by("pk")
    return people.values_list("user", flat=True)
