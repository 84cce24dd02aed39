"""Escalation policies and services."""

import re
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from watchbill.provisioning.document.windows import ZonedHours
from watchbill.provisioning.document.words import (
    Duration,
    Moment,
    Name,
    Part,
    Phone,
    Reason,
    RoleName,
    Username,
    Zone,
)

Severity = Literal["SEV-1", "SEV-2", "SEV-3", "SEV-4"]
Urgency = Literal["high", "support_hours", "low"]
USUAL_URGENCY: dict[Severity, Urgency] = {
    "SEV-1": "high",
    "SEV-2": "high",
    "SEV-3": "support_hours",
    "SEV-4": "low",
}
MOST_STEPS = 50


def _key(value: str) -> str:
    if not re.fullmatch(r"[0-9a-zA-Z]{32}", value):
        raise ValueError(
            "is not a routing key; write 32 letters and digits, or leave it out and one is made."
        )
    return value


def _url(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s]+", value):
        raise ValueError(f"“{value}” is not an address; begin it with https://.")
    return value


Url = Annotated[str, Field(max_length=1000), AfterValidator(_url)]


def _secret(value: str) -> str:
    if not re.fullmatch(r"[!-~]{16,64}", value):
        raise ValueError(
            "is not a secret; write 16 to 64 letters, digits and signs without spaces, or leave it out and "
            "one is made."
        )
    return value


class Webhook(Part):
    """An address that steps tell of incidents, in a form that a program reads (docs/webhooks-out.md)."""

    name: Name
    url: Url
    secret: Annotated[str, AfterValidator(_secret)] | None = None


class Target(Part):
    """A schedule's role (primary, where none is named), a person, or a team's members (of a role): all of
    them, or one in turn; or a webhook, which is told and is no person.
    """

    schedule: Name | None = None
    user: Username | None = None
    team: Name | None = None
    role: RoleName | None = None
    pick: Literal["all", "round_robin"] | None = None
    webhook: Name | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if sum(part is not None for part in (self.schedule, self.user, self.team, self.webhook)) != 1:
            raise ValueError("is not one target; name one of schedule, user, team or webhook.")
        if self.webhook is not None and self.role is not None:
            raise ValueError("has a role, which a webhook does not take; drop it.")
        if self.user is not None and self.role is not None:
            raise ValueError(
                "has a role, which a person does not take; name a schedule or a team, or drop it."
            )
        if self.pick is not None and self.team is None:
            raise ValueError("has a pick, which only a team takes; name a team, or drop it.")
        return self


class When(Part):
    """At these severities only, and only in or outside of the service's support hours."""

    severity: Annotated[list[Severity], Field(min_length=1)] | None = None
    hours: Literal["support", "outside"] | None = None


class Step(Part):
    """Waits `timeout` before the next; or stands outside the sequence: once, `after` the first trigger.
    Where `when` does not hold as it comes, it is passed over at once.
    """

    timeout: Duration | None = None
    after: Duration | None = None
    until: Literal["resolved"] | None = None
    when: When | None = None
    targets: Annotated[list[Target], Field(min_length=1, max_length=50)]

    @model_validator(mode="after")
    def _waits_or_stands_outside(self) -> Self:
        if (self.timeout is None) == (self.after is None):
            raise ValueError(
                "needs either timeout (a step of the sequence) or after (outside it), such as 10m."
            )
        if self.until is not None and self.after is None:
            raise ValueError("has until without after; a step of the sequence ends by an acknowledgement.")
        return self


class Policy(Part):
    name: Name
    repeat: Annotated[int, Field(ge=0, le=100)] = 0
    acknowledgements: Annotated[int, Field(ge=1, le=20)] = 1
    steps: Annotated[list[Step], Field(min_length=1, max_length=MOST_STEPS)]


class Runbook(Part):
    match: dict[str, str] = {}
    url: Url


class Key(Part):
    name: Name
    key: Annotated[str, AfterValidator(_key)] | None = None


class HotLine(Part):
    """A number of ours that rings the on-call of `service`. A service lists its numbers alone."""

    number: Phone
    service: Name


class Heartbeat(Part):
    name: Name
    every: Duration
    grace: Duration | None = None


class Grouping(Part):
    by: list[Name] = []
    window: Duration | None = None


class Maintenance(Part):
    start: Moment
    end: Moment
    time_zone: Zone | None = None
    repeat: Literal["daily", "weekly", "monthly"] | None = None
    reason: Reason = ""


class Service(Part):
    name: Name
    team: Name | None = None
    escalation_policy: Name
    acknowledgement_timeout: Duration = timedelta(minutes=30)
    support_hours: ZonedHours | None = None
    urgency: dict[Severity, Urgency] = USUAL_URGENCY
    runbooks: list[Runbook] = []
    routing_keys: list[Key] = []
    hot_lines: list[Annotated[Phone, Field(min_length=1)]] = []
    heartbeats: list[Heartbeat] = []
    grouping: Grouping | None = None
    auto_resolve_after: Duration | None = None
    maintenance: list[Maintenance] = []
