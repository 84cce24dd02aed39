"""What became of many incidents, for whoever counts them: a fixed number of queries for each five hundred."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, Min, Q

from escalation.core.decision import STEP_UNREACHED
from escalation.core.label import Label
from escalation.core.routing import as_sent
from escalation.models import Alert, AlertRule, Incident
from people.ledger.models import Entry
from people.ledger.verbs import Verb

AT_ONCE = 500  # SQLite takes no more than so many values
ACKNOWLEDGED = frozenset({Verb.INCIDENT_ACKNOWLEDGED, Verb.INCIDENT_ACK_COUNTED})
ANSWERS = ACKNOWLEDGED | {Verb.INCIDENT_RESOLVED}
TOLD = ANSWERS | {Verb.INCIDENT_ESCALATED, Verb.INCIDENT_EXHAUSTED, Verb.INCIDENT_UNREACHABLE}


@dataclass(frozen=True, slots=True)
class Act:
    """Something done about an incident: `user` None is a source or the engine. `verb` is one of TOLD; that
    somebody could not be reached is told where nobody of the step could, and the next one ran at once.
    """

    at: datetime
    verb: Verb
    user: int | None

    @property
    def answers(self) -> bool:
        """Whether whoever did it thereby answered a page."""
        return self.verb in ANSWERS


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFacts:
    """`dedup_key` and `labels` are those of its first alert (empty: it has none, a person opened it), `began`
    when the source says that this one began. `mitigated`: when the last of its alerts was over, where all of
    them are. `ended_alone`: no person ended it. `acts` are in order of time.
    """

    id: int
    service: str
    team: int | None
    title: str
    severity: str
    triggered: datetime
    resolved: datetime | None
    ended_alone: bool
    recurred: bool
    episodes: int
    label: Label | None
    dedup_key: str
    labels: Mapping[str, str]
    began: datetime | None
    mitigated: datetime | None
    acts: tuple[Act, ...]

    @property
    def acknowledged(self) -> datetime | None:
        """The first time that anybody did."""
        return next((act.at for act in self.acts if act.verb in ACKNOWLEDGED), None)


def incident_facts(incident_ids: Collection[int]) -> dict[int, IncidentFacts]:
    """By id; what there is not is left out. Four queries for each AT_ONCE."""
    found: dict[int, IncidentFacts] = {}
    for some in _in_parts(incident_ids):
        first, over, acts = _first_alerts(some), _over(some), _acts(some)
        for row in _rows(some):
            alert = first.get(row["pk"])
            found[row["pk"]] = IncidentFacts(
                id=row["pk"],
                service=row["service__name"],
                team=row["service__team"],
                title=row["title"],
                severity=row["severity"],
                triggered=row["triggered_at"],
                resolved=row["resolved_at"],
                ended_alone=row["resolved_by"] is None and row["merged_into"] is None,
                recurred=row["recurred"],
                episodes=row["episodes"],
                label=Label(row["label"]) if row["label"] else None,
                dedup_key=alert["dedup_key"] if alert else "",
                labels=alert["labels"] if alert else {},
                began=alert["began_at"] if alert else None,
                mitigated=over.get(row["pk"]),
                acts=tuple(acts.get(row["pk"], ())),
            )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentName:
    """What an incident was about: `dedup_key` and `labels` as in IncidentFacts."""

    service: str
    team: int | None
    title: str
    dedup_key: str
    labels: Mapping[str, str]


def incident_names(incident_ids: Collection[int]) -> dict[int, IncidentName]:
    """By id; what there is not is left out. Two queries for each AT_ONCE."""
    found: dict[int, IncidentName] = {}
    for some in _in_parts(incident_ids):
        first = _first_alerts(some)
        rows = Incident.objects.filter(pk__in=some).order_by("pk")
        for pk, service, team, title in rows.values_list("pk", "service__name", "service__team", "title"):
            alert = first.get(pk)
            found[pk] = IncidentName(
                service=service,
                team=team,
                title=title,
                dedup_key=alert["dedup_key"] if alert else "",
                labels=alert["labels"] if alert else {},
            )
    return found


def opened_between(team_id: int | None, *, since: datetime, until: datetime) -> list[int]:
    """The incidents of the team's services, retired ones too, that were triggered in [since, until). None: of
    the services that are no team's.
    """
    rows = Incident.objects.filter(
        service__team=team_id, triggered_at__gte=since, triggered_at__lt=until, merged_into=None
    )
    return list(rows.order_by("triggered_at", "pk").values_list("pk", flat=True))


def step_targets(incident_ids: Collection[int]) -> dict[int, dict[int, frozenset[tuple[int, str]]]]:
    """By incident and number of the step, the (schedule id, role) that its frozen policy pages there."""
    found: dict[int, dict[int, frozenset[tuple[int, str]]]] = {}
    for some in _in_parts(incident_ids):
        for pk, policy in Incident.objects.filter(pk__in=some).values_list("pk", "policy"):
            steps = [*policy.get("steps", ()), *policy.get("outside", ())]
            found[pk] = {step["number"]: frozenset(_schedules(step)) for step in steps}
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Quieted:
    """A rule that kept alerts of a service from paging anybody, from `since` on; `until` is when it was over
    or is to be.
    """

    rule: int
    kind: str
    service: str
    match: Mapping[str, str]
    since: datetime
    until: datetime


def quieted_between(team_id: int | None, *, since: datetime, until: datetime) -> list[Quieted]:
    """The suppress rules and trials of the team's services that touch [since, until), the oldest first."""
    rows = AlertRule.objects.filter(
        Q(ended_at=None, ends_at__gt=since) | Q(ended_at__gt=since),
        service__team=team_id,
        created_at__lt=until,
    ).select_related("service")
    return [
        Quieted(
            rule=row.pk,
            kind=row.kind,
            service=row.service.name,
            match=row.match,
            since=row.created_at,
            until=row.ended_at or row.ends_at,
        )
        for row in rows.order_by("created_at", "pk")
    ]


def _in_parts(ids: Collection[int]) -> Iterator[list[int]]:
    ordered = sorted(set(ids))
    for n in range(0, len(ordered), AT_ONCE):
        yield ordered[n : n + AT_ONCE]


def _rows(ids: list[int]) -> Iterator[Mapping[str, Any]]:
    of = (
        "pk", "service__name", "service__team", "title", "severity", "triggered_at", "resolved_at",
        "resolved_by", "merged_into", "recurred", "episodes", "label",
    )  # fmt: skip
    yield from Incident.objects.filter(pk__in=ids).order_by("pk").values(*of)


def _first_alerts(ids: list[int]) -> dict[int, Mapping[str, Any]]:
    """An incident may have thousands of alerts in a storm: of each only the first is read."""
    first = Alert.objects.filter(incident__in=ids).order_by().values("incident").annotate(first=Min("pk"))
    rows = Alert.objects.filter(pk__in=first.values("first"))
    found = rows.values("incident", "dedup_key", "origin", "labels", "began_at")
    return {
        row["incident"]: {**row, "dedup_key": as_sent(row["dedup_key"], origin=row["origin"])}
        for row in found
    }


def _over(ids: list[int]) -> dict[int, datetime]:
    rows = Alert.objects.filter(incident__in=ids).order_by().values("incident")
    counted = rows.annotate(last=Max("resolved_at"), still=Max("pk", filter=Q(resolved_at=None)))
    return {row["incident"]: row["last"] for row in counted if row["last"] and row["still"] is None}


def _acts(ids: list[int]) -> dict[int, list[Act]]:
    found: dict[int, list[Act]] = defaultdict(list)
    rows = Entry.objects.filter(subject_type="incident", subject_id__in=ids, verb__in=TOLD)
    rows = rows.exclude(~Q(what=STEP_UNREACHED), verb=Verb.INCIDENT_UNREACHABLE).order_by("id")
    for incident, at, verb, actor in rows.values_list("subject_id", "at", "verb", "actor_id"):
        found[incident].append(Act(at, Verb(verb), actor))
    return found


def _schedules(step: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    for target in step["targets"]:
        if target.get("schedule") is not None:
            yield target["schedule"], target.get("role", "")
