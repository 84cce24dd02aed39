"""The organisation of a run, and what its policies promise: whom each step is to tell, and how long after.

The promise is written down beside the document, by hand, so that the audit asks nothing of the code that it
looks at. Every person is told at most once about one incident, so that a second message is a duplicate.
"""

import json
from dataclasses import dataclass
from datetime import timedelta

from tests.chaos import zones

MAIL, TEAMS = 10, 4  # services
START = "2026-01-05T10:00"


@dataclass(frozen=True)
class Turn:
    """On call before and from `at` on, by a handoff then."""

    before: str
    after: str
    at: float


@dataclass(frozen=True)
class Rung:
    """Whom a step tells, `after` its trigger (seconds). An `outside` one comes also when acknowledged. With a
    `turn` it is one of two people, by the moment.
    """

    after: float
    who: tuple[str, ...] = ()
    outside: bool = False
    turn: Turn | None = None


@dataclass(frozen=True)
class Service:
    name: str
    kind: str
    key: str
    rungs: tuple[Rung, ...]


class Organisation:
    """`step` is what every step waits, in whole seconds; `changes_at` when the clocks of the zones change."""

    def __init__(self, *, step, messages, changes_at):
        self._step = step
        self.services = []
        self.document = {
            "version": 1,
            "users": [],
            "teams": [],
            "schedules": [],
            "escalation_policies": [],
            "services": [],
        }
        for number in range(MAIL):
            self._by_mail(f"mail-{number:02}")
        for number in range(TEAMS):
            self._by_team(f"team-{number:02}")
        for number in range(messages):
            self._by_sms(f"sms-{number:03}")
        self._over_spring("spring", changes_at)
        self._over_autumn("autumn", changes_at)

    def text(self):
        return json.dumps(self.document)

    def _by_mail(self, name):
        first, second, boss = self._people(name, "p", "q", "m")
        self._schedule(name, "Europe/Berlin", [first], START)
        self._service(
            name,
            "mail",
            responders=(first,),
            steps=[self._waits({"schedule": name, "role": "primary"}), self._waits({"user": second})],
            rungs=[self._rung(0, first), self._rung(1, second), self._rung(2, boss)],
        )

    def _by_team(self, name):
        one, other, second, chief, boss = self._people(name, "a", "b", "q", "c", "m")
        whole = {"team": name, "role": "responder"}
        late = self._step + 1
        outside = {"after": f"{late}s", "until": "resolved", "targets": [{"user": chief}]}
        self._service(
            name,
            "team",
            responders=(one, other),
            steps=[self._waits(whole), self._waits({"user": second}), outside],
            rungs=[
                self._rung(0, one, other),
                self._rung(1, second),
                self._rung(2, boss),
                Rung(late, (mail_of(chief),), outside=True),
            ],
        )

    def _by_sms(self, name):
        """People with a phone; each hears of one incident only, since a phone takes one message a minute."""
        first, second, boss = self._people(name, "p", "q", "m", phones=2)
        self._service(
            name,
            "sms",
            steps=[self._waits({"user": first}), self._waits({"user": second})],
            rungs=[self._rung(0, first), self._rung(1, second), self._rung(2, boss)],
        )

    def _over_spring(self, name, changes_at):
        """The handoff is at half past two, a time that this night does not have: it is at the change."""
        two = zones.wall(changes_at, 2)
        self._over(name, "Chaos/Spring", two.replace(minute=30, second=0), changes_at)

    def _over_autumn(self, name, changes_at):
        """The handoff is at a time that this night has twice: it was an hour ago, and is not again now."""
        again = zones.wall(changes_at, 3) - timedelta(hours=1) + timedelta(seconds=self._step)
        self._over(name, "Chaos/Autumn", again, 0)

    def _over(self, name, zone, handoff, at):
        before, after, boss = self._people(name, "p", "q", "m")
        self._schedule(name, zone, [before, after], f"{handoff - timedelta(days=1):%Y-%m-%dT%H:%M:%S}", "1d")
        self._service(
            name,
            "changing",
            responders=(before, after),
            steps=[self._waits({"schedule": name, "role": "primary"})],
            rungs=[Rung(0, turn=Turn(mail_of(before), mail_of(after), at)), self._rung(1, boss)],
        )

    def _people(self, name, *letters, phones=0):
        names = [f"{name}-{letter}" for letter in letters]
        for place, username in enumerate(names):
            person = {"username": username, "name": username, "email": mail_of(username)}
            if place < phones:
                person["phone"] = phone_of(username)
                person["notification_rules"] = {"high": [{"via": "sms", "after": "0m"}]}
            self.document["users"].append(person)
        return names

    def _schedule(self, name, zone, participants, start, length="1w"):
        layer = {"name": "Turns", "participants": participants, "start": start, "shift_length": length}
        schedule = {"name": name, "team": name, "time_zone": zone, "roles": {"primary": {"layers": [layer]}}}
        self.document["schedules"].append(schedule)

    def _waits(self, target):
        return {"timeout": f"{self._step}s", "targets": [target]}

    def _rung(self, steps, *usernames):
        phones = {person["username"] for person in self.document["users"] if "phone" in person}
        who = tuple(phone_of(name) if name in phones else mail_of(name) for name in usernames)
        return Rung(steps * self._step, who)

    def _service(self, name, kind, *, steps, rungs, responders=()):
        members = dict.fromkeys(responders, "responder") | {f"{name}-m": "manager"}
        key = f"{len(self.services):032}"
        self.document["teams"].append({"name": name, "members": members})
        self.document["escalation_policies"].append({"name": name, "steps": steps})
        self.document["services"].append(
            {
                "name": name,
                "team": name,
                "escalation_policy": name,
                "routing_keys": [{"name": "source", "key": key}],
            }
        )
        self.services.append(Service(name, kind, key, tuple(rungs)))


def mail_of(username):
    return f"{username}@example.com"


def phone_of(username):
    """A number of its own for each `sms-NNN-p` and `-q`."""
    _, number, letter = username.split("-")
    return f"+1415555{2 * int(number) + (letter == 'q'):04}"


def person_of(address):
    """The same name for a person's phone and mail: by which way they hear of it is their own business."""
    if not address.startswith("+"):
        return address.partition("@")[0]
    number, second = divmod(int(address[-4:]), 2)
    return f"sms-{number:03}-{'q' if second else 'p'}"
