"""The sentences of the timeline and of a page, about one incident."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from escalation.core.decision import STEP_UNREACHED, Event, Note, PageTargets
from escalation.models import Alert, Incident
from escalation.targets import Recipient
from paging.core.message import Facts
from people.ledger.record import ENGINE, Actor, Line
from people.ledger.verbs import Verb
from people.models import User

BY_THE_ENGINE = frozenset(
    {
        Event.HELD,
        Event.ACK_EXPIRED,
        Event.STEP_EMPTY,
        Event.STEP_PASSED,
        Event.STEP_TOLD,
        Event.STEP_UNREACHED,
        Event.ADDED_UNREACHED,
        Event.OUTSIDE_UNREACHED,
        Event.NOBODY_LEFT,
        Event.EXHAUSTED,
        Event.HEALED,
        Event.JOINED_URGENT,
        Event.QUIETED,
        Event.QUIET_OVER,
    }
)

SAID: dict[Event, tuple[Verb, str]] = {
    Event.TRIGGERED: (Verb.INCIDENT_TRIGGERED, "triggered the incident as {severity}"),
    Event.HELD: (Verb.INCIDENT_HELD, "pages nobody yet"),
    Event.RAISED: (Verb.INCIDENT_RAISED, "raised the incident to {severity}, {urgency} urgency"),
    Event.JOINED_URGENT: (
        Verb.INCIDENT_RAISED,
        "a further alert is urgent; paging starts at step 1, as {severity}",
    ),
    Event.ACKNOWLEDGED: (Verb.INCIDENT_ACKNOWLEDGED, "acknowledged; everyone's paging stops"),
    Event.ACK_COUNTED: (
        Verb.INCIDENT_ACK_COUNTED,
        "acknowledged, and is paged no more; paging goes on for the others",
    ),
    Event.ACK_OF_NOBODY: (Verb.INCIDENT_ACK_COUNTED, "acknowledged, which counts as nobody's here"),
    Event.UNACKNOWLEDGED: (Verb.INCIDENT_UNACKNOWLEDGED, "took the acknowledgement back; nobody is on it"),
    Event.ACK_EXPIRED: (
        Verb.INCIDENT_ACK_EXPIRED,
        "the acknowledgement ran out; paging starts again at step 1",
    ),
    Event.SNOOZED: (Verb.INCIDENT_SNOOZED, "snoozed until {hold_until}"),
    Event.ESCALATED: (Verb.INCIDENT_ESCALATED, "escalated by hand: the next step is paged now"),
    Event.REASSIGNED: (Verb.INCIDENT_REASSIGNED, "reassigned the incident"),
    Event.STEP_EMPTY: (Verb.INCIDENT_STEP_EMPTY, "the step is skipped at once"),
    Event.STEP_PASSED: (Verb.INCIDENT_STEP_EMPTY, "passed over a step"),
    Event.STEP_TOLD: (
        Verb.INCIDENT_STEP_TOLD,
        "the step told a webhook and no person; its time is waited for",
    ),
    Event.ADDED: (Verb.INCIDENT_RESPONDERS_ADDED, "added responders"),
    Event.ADDED_UNREACHED: (
        Verb.INCIDENT_UNREACHABLE,
        "a responder who was added was not reached; the team's managers are asked instead",
    ),
    Event.STEP_UNREACHED: (
        Verb.INCIDENT_UNREACHABLE,
        STEP_UNREACHED,
    ),
    Event.OUTSIDE_UNREACHED: (
        Verb.INCIDENT_UNREACHABLE,
        "nobody of the step was reached; the team's managers are asked instead",
    ),
    Event.NOBODY_LEFT: (Verb.INCIDENT_UNREACHABLE, "nobody at all could be reached"),
    Event.EXHAUSTED: (Verb.INCIDENT_EXHAUSTED, "the escalation policy is exhausted"),
    Event.HEALED: (Verb.INCIDENT_HEALED, "found the incident waiting for nothing; paging starts at step 1"),
    Event.QUIETED: (Verb.INCIDENT_QUIETED, "pages nobody before {quiet_until}"),
    Event.QUIET_OVER: (Verb.INCIDENT_QUIET_OVER, "pages again; where nobody is on it, from step 1"),
    Event.RESOLVED: (Verb.INCIDENT_RESOLVED, "resolved the incident"),
    Event.MERGED: (
        Verb.INCIDENT_MERGED,
        "merged the incident into #{into}, which has its alerts from now on",
    ),
}


def actor_of(note: Note, by: Actor) -> Actor:
    """Whose doing it is: the engine's own, or that of `by`, who made it happen."""
    return ENGINE if note.event in BY_THE_ENGINE else by


def line(row: Incident, note: Note, *, by: Actor, why: str = "") -> Line:
    """One line of the incident's timeline, from the machine's note. The machine's reason comes first."""
    verb, template = SAID[note.event]
    what = template.format(
        severity=row.severity,
        urgency=row.urgency,
        hold_until=_instant(row.hold_until) if row.hold_until else "it is taken up",
        quiet_until=_instant(row.quiet_until) if row.quiet_until else "that is over",
        into=row.merged_into_id,
    )
    said = "; ".join(part for part in (note.why, why) if part)
    data = {"into": row.merged_into_id} if note.event is Event.MERGED else {}
    return Line(verb, ("incident", row.pk), by, what, said, data)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def unreached(
    row: Incident, found: Sequence[Recipient], reached: Sequence[Recipient], *, why: str
) -> list[Line]:
    """Of whom no way to be reached was found, or that there was nobody at all. Who was paged, and how, is
    written by the floor below.
    """
    missed = [one.user for one in found if one not in reached]
    if found and not missed:
        return []
    names = ", ".join(str(user) for user in User.objects.filter(pk__in=missed).order_by("username"))
    what = f"no usable contact method of {names}" if missed else "there was nobody to page"
    return [Line(Verb.INCIDENT_UNREACHABLE, ("incident", row.pk), ENGINE, what, why, {"users": missed})]


def managers_know(row: Incident, *, why: str) -> Line:
    what = "the team's managers have all acknowledged; nobody else is asked"
    return Line(Verb.INCIDENT_UNREACHABLE, ("incident", row.pk), ENGINE, what, why)


def passed_over(row: Incident, name: str, *, why: str) -> Line:
    """Whose turn it was, had there been a way to reach them."""
    what = f"passed over {name}, whom nothing reaches; the next one is asked"
    return Line(Verb.INCIDENT_UNREACHABLE, ("incident", row.pk), ENGINE, what, why)


def next_in_turn(row: Incident, *, why: str) -> Line:
    what = "every message to the one whose turn it was failed; the next one is asked at once"
    return Line(Verb.INCIDENT_UNREACHABLE, ("incident", row.pk), ENGINE, what, why)


def step_reason(decision: PageTargets) -> str:
    """“step 2, repeat 1”."""
    return f"step {decision.number}" + (f", repeat {decision.repeat}" if decision.repeat else "")


def facts(row: Incident, alert: Alert | None, *, because: str, valid_for: timedelta) -> Facts:
    """What a message about this incident may say."""
    links = tuple((label, address) for label, address in alert.links) if alert else ()
    return Facts(
        reference=f"#{row.pk}",
        title=row.title,
        service=row.service.name,
        severity=row.severity,
        path=f"/incidents/{row.pk}",
        because=because,
        detail=dict(sorted(alert.labels.items())) if alert else {},
        valid_seconds=max(1, int(valid_for.total_seconds())),
        links=runbooks(row, alert) + links,
        remarks=remarks(row),
    )


def remarks(row: Incident) -> tuple[str, ...]:
    """What a message says of an incident beside its title: “3 alerts”, “flapping: 4th time in 24 h”."""
    alerts = f"{row.alert_count} alerts" if row.alert_count > 1 else ""
    return tuple(said for said in (alerts, row.flapping) if said)


def runbooks(row: Incident, alert: Alert | None) -> tuple[tuple[str, str], ...]:
    """The service's runbooks whose every matched label the alert carries."""
    labels = alert.labels if alert else {}
    return tuple(
        ("runbook", str(runbook["url"]))
        for runbook in row.service.runbooks
        if all(labels.get(name) == value for name, value in runbook.get("match", {}).items())
    )
