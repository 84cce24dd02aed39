"""A small organisation, a clock that is moved, and what everyone's phone and mailbox got.

Ana and Bo take turns of a week from Monday 09:00 UTC, each other's secondary; Mia manages them.
The policy pages the primary, after 5 minutes the secondary, after 5 more Mia; then once again.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import orjson

from escalation import engine, intake
from escalation.actions import config, respond
from escalation.models import Alert, Incident
from escalation.sources.event import Action, Event
from oncall import actions as oncall
from oncall.core.definition import Definition
from paging import dispatch
from paging.actions import contacts
from paging.models import Attempt
from people import actions as people
from people.ledger.models import Entry
from people.ledger.record import Actor

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KEY = "0123456789abcdef0123456789abcdef"
TESTS = Actor("the tests")
MINUTE = timedelta(minutes=1)


class World:
    def __init__(
        self,
        *,
        now: datetime = MONDAY + timedelta(hours=1),
        repeat: int = 1,
        kinds: Sequence[str] = ("email",),
    ) -> None:
        self.now = now
        self.began = now
        self.ana, self.bo = (
            self.person("ana", "Ana Ruiz", kinds=kinds),
            self.person("bo", "Bo Lind", kinds=kinds),
        )
        self.mia = self.person("mia", "Mia Falk", kinds=kinds)
        self.team = people.create_team(name="Payments", by=TESTS, now=now)
        people.set_members(
            team=self.team,
            members={self.ana: "responder", self.bo: "responder", self.mia: "manager"},
            by=TESTS,
            now=now,
        )
        self.schedule = self.rotation("Payments", [[self.ana.pk], [self.bo.pk]])
        self.policy = config.create_policy(
            name="Payments",
            repeat=repeat,
            steps=[
                self.step(config.TargetSpec(schedule=self.schedule, role="primary")),
                self.step(config.TargetSpec(schedule=self.schedule, role="secondary")),
                self.step(config.TargetSpec(user=self.mia)),
            ],
            by=TESTS,
            now=now,
        )
        self.service = config.create_service(
            name="payments-api", policy=self.policy, team=self.team, by=TESTS, now=now
        )
        self.key = config.ensure_routing_key(service=self.service, name="tests", key=KEY, by=TESTS, now=now)

    def person(self, username: str, name: str, *, kinds: Sequence[str] = ("email",), **fields: str):
        user = people.create_user(
            username=username, name=name, email=f"{username}@example.com", by=TESTS, now=self.now, **fields
        )
        addresses = {
            "email": user.email,
            "sms": f"+1415555{user.pk % 9000 + 1000}",
            "voice": f"+1415555{user.pk % 9000 + 1000}",
        }
        for kind in kinds:
            contacts.set_contact_method(user=user, kind=kind, address=addresses[kind], by=TESTS, now=self.now)
        return user

    def rotation(self, name: str, participants: list[list[int]]):
        weekly = {
            "name": "Weekly",
            "participants": participants,
            "start": "2026-01-05T09:00",
            "shift_length": "1w",
        }
        follows = {"follows": "primary", "layer": "Weekly", "offset": 1}
        return oncall.create_schedule(
            name=name,
            team=self.team,
            time_zone="UTC",
            holidays="",
            definition=Definition.from_json(
                {"roles": {"primary": {"layers": [weekly]}, "secondary": follows}}
            ),
            by=TESTS,
            now=self.now,
        )

    @staticmethod
    def step(*targets: config.TargetSpec, minutes: int = 5) -> config.StepSpec:
        return config.StepSpec(timeout=timedelta(minutes=minutes), targets=targets)

    def alert(
        self,
        dedup_key: str = "disk",
        *,
        severity: str = "SEV-1",
        action: Action = Action.TRIGGER,
        key: str = KEY,
    ) -> Incident:
        """A source speaks about a key; the newest incident of that key comes back."""
        event = Event(action=action, dedup_key=dedup_key, summary=f"{dedup_key} is full", severity=severity)
        intake.receive(key=key, events=[event], source="tests", now=self.now)
        found = Alert.objects.filter(dedup_key=dedup_key).order_by("-pk").first()
        assert found is not None
        assert found.incident is not None
        return found.incident

    def tick(self) -> "World":
        """What a worker does at this instant."""
        while engine.run_due(clock=lambda: self.now):
            pass
        dispatch.send_due(clock=lambda: self.now)
        return self

    def wait(self, **delta: float) -> "World":
        """Let time pass, with a worker that looks once a second at what became due."""
        end = self.now + timedelta(**delta)
        while (due := self._next_due(end)) is not None:
            self.now = max(due, self.now)
            self.tick()
        self.now = end
        return self.tick()

    def _next_due(self, end: datetime) -> datetime | None:
        self.tick()
        waking = Incident.objects.filter(wake_at__gt=self.now, wake_at__lte=end).order_by("wake_at").first()
        return None if waking is None else waking.wake_at

    def acknowledge(self, incident: Incident, user, *, via: str = "link") -> Incident:
        return respond.acknowledge(incident_id=incident.pk, by=Actor.person(user, via=via), now=self.now)

    def sent(self) -> list[tuple[int, str, str]]:
        """Pages that left: (minutes since the beginning, who, by which method), in order."""
        rows = Attempt.objects.filter(accepted=True).exclude(notification__page__urgency="info")
        rows = rows.select_related("notification__page__user", "notification__method")
        return [
            (
                int((row.at - self.began) / MINUTE),
                row.notification.page.user.username,
                row.notification.method.kind,
            )
            for row in rows.order_by("at", "pk")
        ]

    def timeline(self, incident: Incident) -> list[str]:
        rows = Entry.objects.filter(subject_type="incident", subject_id=incident.pk).order_by("pk")
        return [f"{row.actor_name}: {row.what}" + (f" ({row.why})" if row.why else "") for row in rows]


def pagerduty(
    dedup_key: str = "disk", action: str = "trigger", *, key: str = KEY, **payload: object
) -> bytes:
    """The body a PagerDuty client sends."""
    body = {
        "routing_key": key,
        "event_action": action,
        "dedup_key": dedup_key,
        "payload": {"summary": "disk is full", "source": "db1", "severity": "critical"} | payload,
    }
    return orjson.dumps(body)
