"""Two people who take weeks on a schedule, a manager, a stranger, and the doors they use."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import icalendar
import time_machine
from django.core.management import call_command
from django.test import Client

from oncall import actions
from oncall.core.definition import Definition
from oncall.models import Schedule
from people import actions as people
from people.ledger.record import Actor
from people.models import Team, User

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)  # a Wednesday, in Ana's week
NEXT_WEEK = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
WEEK, DAY, HOUR = timedelta(weeks=1), timedelta(days=1), timedelta(hours=1)
TESTS = Actor("the tests")
LONG_AGO = NOW - timedelta(days=90)


class Office:
    """Ana, then Bo, a week each from Monday 09:00 UTC since 5 January 2026; Mia manages, Zed is nobody."""

    def __init__(self) -> None:
        self.ana, self.bo = self.person("ana", "Ana Ruiz"), self.person("bo", "Bo Lind")
        self.mia, self.zed = self.person("mia", "Mia Falk"), self.person("zed", "Zed Orr")
        self.team = people.create_team(name="Checkout", by=TESTS, now=LONG_AGO)
        members = {self.ana: "responder", self.bo: "responder", self.mia: "manager"}
        people.set_members(team=self.team, members=members, by=TESTS, now=LONG_AGO)
        self.schedule = self.rotation("Checkout", [self.ana.pk, self.bo.pk])

    @staticmethod
    def person(username: str, name: str) -> User:
        return people.create_user(username=username, name=name, by=TESTS, now=LONG_AGO)

    def rotation(
        self, name: str, participants: list[Any], *, zone: str = "UTC", team: Team | None = None, **more: Any
    ) -> Schedule:
        layer = {"name": "Weekly", "participants": participants, "start": "2026-01-05T09:00"} | more
        return self.create(name, {"primary": {"layers": [layer]}}, zone=zone, team=team)

    def create(
        self, name: str, roles: dict[str, Any], *, zone: str = "UTC", team: Team | None = None
    ) -> Schedule:
        return actions.create_schedule(
            name=name,
            team=team or self.team,
            time_zone=zone,
            holidays="",
            definition=Definition.from_json({"roles": roles}),
            by=TESTS,
            now=LONG_AGO,
        )

    def override(self, user: User, start: datetime, end: datetime, *, now: datetime = NOW, **more: Any):
        wanted = {"schedule": self.schedule, "role": "primary"} | more
        return actions.add_override(user=user, start=start, end=end, by=TESTS, now=now, **wanted)

    @staticmethod
    def command(*words: str) -> str:
        out = StringIO()
        call_command(*words, stdout=out)
        return out.getvalue()

    def address(self, *words: str) -> str:
        """The path of a secret address, as it is printed at NOW."""
        with time_machine.travel(NOW, tick=False):
            return self.command("feed", *words).strip().removeprefix("http://127.0.0.1:8000")

    @staticmethod
    def get(path: str, **headers: str):
        return Client().get(path, headers=headers)

    def document(self, path: str, *, at: datetime = NOW) -> bytes:
        """What a calendar program that polls at `at` receives."""
        with time_machine.travel(at, tick=False):
            response = self.get(path)
        assert response.status_code == 200, response.content
        return response.content

    def events(self, path: str, *, at: datetime = NOW) -> list[icalendar.Event]:
        return list(icalendar.Calendar.from_ical(self.document(path, at=at)).walk("VEVENT"))


def uids(document: bytes) -> list[str]:
    """Every UID of a document, without the time that a whole reading of a long one takes."""
    unfolded = document.replace(b"\r\n ", b"").decode()
    return [line.removeprefix("UID:") for line in unfolded.split("\r\n") if line.startswith("UID:")]


def spans(events: list[icalendar.Event]) -> list[tuple[str, datetime, datetime]]:
    return [(str(event["summary"]), event.start, event.end) for event in events]
