"""The handoffs of one schedule as rows, kept as the roster says them.

A row is written as soon as a handoff is in sight, so that a note can be begun; one that no longer is one is
cancelled, and one that is again lives on, with what was told of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from oncall.core.handoff import Handoff
from oncall.models import Handoff as Row
from oncall.models import HandoffPerson, Schedule

Key = tuple[str, datetime]
IN, OUT = HandoffPerson.Side.IN, HandoffPerson.Side.OUT


class Rows:
    """The rows after `since`, by role and instant, each with its people in `people[row.pk]`."""

    def __init__(self, schedule: Schedule, *, since: datetime) -> None:
        self._schedule = schedule
        found = list(Row.objects.filter(schedule=schedule, at__gt=since))
        self.by_key: dict[Key, Row] = {(row.role, row.at): row for row in found}
        self.people: dict[int, list[HandoffPerson]] = {row.pk: [] for row in found}
        if found:
            for person in HandoffPerson.objects.filter(handoff__in=self.people).order_by("pk"):
                self.people[person.handoff_id].append(person)

    def agree(self, handoffs: Sequence[Handoff], *, until: datetime, now: datetime) -> None:
        """Make the rows before `until` say exactly these handoffs. What is recorded stays as it was."""
        wanted = {(one.role, one.at): one for one in handoffs}
        self._create([one for key, one in wanted.items() if key not in self.by_key])
        for key, row in self.by_key.items():
            if row.recorded_at is None and row.at < until:
                self._correct(row, wanted.get(key), now)

    def side(self, row: Row, side: HandoffPerson.Side) -> Mapping[int, HandoffPerson]:
        return {person.user_id: person for person in self.people[row.pk] if person.side == side}

    def _create(self, missing: Iterable[Handoff]) -> None:
        rows = [Row(schedule=self._schedule, role=one.role, at=one.at, asks=one.asks) for one in missing]
        for row in Row.objects.bulk_create(rows):
            self.by_key[row.role, row.at] = row
            self.people[row.pk] = []

    def _correct(self, row: Row, one: Handoff | None, now: datetime) -> None:
        cancelled = row.cancelled_at or now if one is None else None
        asks = row.asks if one is None else one.asks
        if (cancelled, asks) != (row.cancelled_at, row.asks):
            row.cancelled_at, row.asks = cancelled, asks
            row.save(update_fields=["cancelled_at", "asks"])
        if one is not None:
            self._set_people(
                row, {(user, OUT) for user in one.outgoing} | {(user, IN) for user in one.incoming}
            )

    def _set_people(self, row: Row, wanted: set[tuple[int, HandoffPerson.Side]]) -> None:
        there = {(person.user_id, HandoffPerson.Side(person.side)): person for person in self.people[row.pk]}
        gone = [person for key, person in there.items() if key not in wanted]
        if gone:
            HandoffPerson.objects.filter(pk__in=[person.pk for person in gone]).delete()
        missing = sorted(wanted - there.keys(), key=lambda key: (key[1], key[0]))
        new = [HandoffPerson(handoff=row, user_id=user, side=side) for user, side in missing]
        if new:
            HandoffPerson.objects.bulk_create(new)
        self.people[row.pk] = [*(person for key, person in there.items() if key in wanted), *new]
