"""Escalation policies and services."""

import re
from datetime import timedelta
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from escalation.core.grouping import MOST_LABELS
from escalation.core.heartbeat import USUAL_GRACE
from escalation.core.matching import faults_of
from escalation.core.severity import folded
from escalation.sources import mapping
from escalation.sources.expressions import BadExpression, compiled
from paging.actions.hooks import SECRET
from paging.core.signing import is_misspelled
from watchbill.provisioning.document.following import Following
from watchbill.provisioning.document.windows import ZonedHours
from watchbill.provisioning.document.words import (
    Date,
    Delay,
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
from watchbill.provisioning.durations import spell

Severity = Literal["SEV-1", "SEV-2", "SEV-3", "SEV-4"]
Urgency = Literal["high", "support_hours", "low"]
USUAL_URGENCY: dict[Severity, Urgency] = {
    "SEV-1": "high",
    "SEV-2": "high",
    "SEV-3": "support_hours",
    "SEV-4": "low",
}
UNKNOWN_SEVERITY: Severity = "SEV-2"
MOST_STEPS = 50
MOST_RULES = 100
MOST_EVENTS = 10_000_000
"""A minute; as `escalation.actions.key_limits` has it."""
LONGEST_WINDOW = timedelta(days=1)


def _key(what: str) -> AfterValidator:
    def checked(value: str) -> str:
        if not re.fullmatch(r"[0-9a-zA-Z]{32}", value):
            raise ValueError(
                f"is not a {what}; write 32 letters and digits, or leave it out and one is made."
            )
        return value

    return AfterValidator(checked)


def _url(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s]+", value):
        raise ValueError(f"“{value}” is not an address; begin it with https://.")
    return value


Url = Annotated[str, Field(max_length=1000), AfterValidator(_url)]


def _signing_secret(value: str) -> str:
    if not re.fullmatch(r"([!-~]{8,200})?", value):
        raise ValueError("is not a signing secret; write 8 to 200 letters, digits and signs without a space.")
    return value


def _secret(value: str) -> str:
    if not SECRET.fullmatch(value):
        raise ValueError(
            "is not a secret; write 16 to 64 letters, digits and signs without spaces, or leave it out and "
            "one is made."
        )
    if is_misspelled(value):
        raise ValueError("begins with whsec_, so base64 of 16 to 64 bytes has to follow.")
    return value


class Webhook(Part):
    """An address that steps tell of incidents, in a form that a program reads (docs/webhooks-out.md); and
    that may follow them. Without `follows` that is left as it is.
    """

    name: Name
    url: Url
    secret: Annotated[str, AfterValidator(_secret)] | None = None
    follows: Following = None


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


def _expression(value: str) -> str:
    try:
        return compiled(value.strip()).text
    except BadExpression as fault:
        raise ValueError(f"is not an expression. {fault}") from None


def _words(value: list[str | int | float | bool]) -> list[str | int | float | bool]:
    fault = mapping.faults_of({"resolve_when": value}).get("resolve_when")
    if fault:
        raise ValueError(f"is not a list of words. {fault}")
    return [*mapping.tidied({"resolve_when": value})["resolve_when"]]


Expression = Annotated[str, Field(min_length=1), AfterValidator(_expression)]
Words = Annotated[list[str | int | float | bool], Field(min_length=1), AfterValidator(_words)]


class KeyMapping(Part):
    """How what comes by the generic source is read; each expression is JMESPath (docs/generic.md)."""

    each: Expression | None = None
    ignore_when: Expression | None = None
    action: Expression | None = None
    resolve_when: Words | None = None
    acknowledge_when: Words | None = None
    dedup_key: Expression | None = None
    summary: Expression | None = None
    severity: Expression | None = None
    source: Expression | None = None
    labels: Expression | None = None
    links: Expression | None = None
    began_at: Expression | None = None
    group_key: Expression | None = None


class Key(Part):
    """A `signing_secret` or `mapping` that is not said stays as it is; an empty one takes it away. So does a
    limit of `events_per_minute`; `site` gives it the site's again, 0 none.
    """

    name: Name
    key: Annotated[str, _key("routing key")] | None = None
    signing_secret: Annotated[str, AfterValidator(_signing_secret)] | None = None
    events_per_minute: Annotated[int, Field(ge=0, le=MOST_EVENTS)] | Literal["site"] | None = None
    mapping: KeyMapping | None = None


class HotLine(Part):
    """A number of ours that rings the on-call of `service`. A service lists its numbers alone."""

    number: Phone
    service: Name


class Heartbeat(Part):
    """It calls at least every `every`, and may be `grace` late; then its silence is an alert."""

    name: Name
    every: Duration
    grace: Delay = USUAL_GRACE
    severity: Severity = UNKNOWN_SEVERITY
    key: Annotated[str, _key("heartbeat's key")] | None = None


class SeverityRule(Part):
    """Alerts that carry every one of these labels have this severity, whatever their source says."""

    match: Annotated[dict[Name, Annotated[str, Field(max_length=1000)]], Field(min_length=1)]
    severity: Severity


class Grouping(Part):
    """Alerts whose labels `by` are equal join one incident for `window`; without labels, all of them do."""

    SHOWN: ClassVar[frozenset[str]] = frozenset({"by", "window"})

    by: Annotated[list[Name], Field(max_length=MOST_LABELS)] = []
    window: Duration = timedelta(minutes=10)

    @model_validator(mode="after")
    def _groups_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("says nothing; name the labels that alerts have in common: by: [alertname].")
        if len(set(self.by)) < len(self.by):
            raise ValueError("names a label twice; keep one.")
        if self.window > LONGEST_WINDOW:
            raise ValueError(f"lasts {spell(self.window)}; write a window of at most 1d.")
        return self


class Maintenance(Part):
    """While it runs, the service pages nobody. `start` and `end` are wall-clock times, those of the first
    where it repeats; `until` is the last day on which one begins. Without a zone, in the team's.
    """

    start: Moment
    end: Moment
    time_zone: Zone | None = None
    repeat: Literal["daily", "weekly", "monthly"] | None = None
    until: Date | None = None
    reason: Reason = ""


def _match(value: dict[str, str]) -> dict[str, str]:
    faults = faults_of(value)
    if faults:
        raise ValueError(" ".join(faults))
    return value


Match = Annotated[dict[str, str], AfterValidator(_match)]


class Suppress(Part):
    """Alerts that page nobody before `until`; `owner` answers for it. Without severities: all but SEV-1."""

    match: Match
    owner: Username
    until: Moment
    reason: Reason = ""
    severities: Annotated[list[Severity], Field(min_length=1)] | None = None


class Trial(Part):
    """Alerts of a new alert rule, whose would-be pages go to its `author` by mail."""

    match: Match
    author: Username
    until: Moment
    reason: Reason = ""
    severities: Annotated[list[Severity], Field(min_length=1)] | None = None


class RoutingRule(Part):
    """Alerts with these labels go to another service, or count as this severity and this urgent."""

    match: Match
    service: Name | None = None
    severity: Severity | None = None
    urgency: Literal["high", "low"] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.service is None and self.severity is None and self.urgency is None:
            raise ValueError("says nothing of these alerts; name a service, a severity or an urgency.")
        return self


class Routing(Part):
    """All rules of one service, of which the first that fits counts."""

    rules: list[RoutingRule] = []


class Service(Part):
    """Where `routing` is given it is the whole list."""

    name: Name
    team: Name | None = None
    escalation_policy: Name
    acknowledgement_timeout: Duration = timedelta(minutes=30)
    support_hours: ZonedHours | None = None
    urgency: dict[Severity, Urgency] = USUAL_URGENCY
    runbooks: list[Runbook] = []
    severities: Annotated[dict[Name, Severity], Field(max_length=MOST_RULES)] = {}
    severity_rules: Annotated[list[SeverityRule], Field(max_length=MOST_RULES)] = []
    routing_keys: list[Key] = []
    hot_lines: list[Annotated[Phone, Field(min_length=1)]] = []
    heartbeats: list[Heartbeat] = []
    grouping: Grouping | None = None
    auto_resolve_after: Duration | None = None
    maintenance: list[Maintenance] = []
    suppress: list[Suppress] = []
    trials: list[Trial] = []
    routing: Annotated[list[RoutingRule], Field(max_length=MOST_RULES)] | None = None

    @model_validator(mode="after")
    def _one_meaning_of_a_word(self) -> Self:
        words: dict[str, str] = {}
        for word in self.severities:
            if folded(word) in words:
                raise ValueError(
                    f"has severities of “{words[folded(word)]}” and “{word}”, one word; keep one."
                )
            words[folded(word)] = word
        return self
