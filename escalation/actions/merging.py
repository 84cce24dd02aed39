"""Several incidents that are one: the others go on as one of them, whatever their services."""

from collections.abc import Sequence
from datetime import datetime

from escalation import engine, selectors
from escalation.actions import held
from escalation.actions.respond import Refused, missing, still_open
from escalation.core.incident import Parked, Urgency, is_worse
from escalation.core.stimulus import Joined, Merged, Repeated
from escalation.engine import Change
from escalation.loading import service_urgency
from escalation.models import Alert, Incident
from paging.queue import nudge_on_commit
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb

MOST = 100


def merge(*, into: int, incidents: Sequence[int], by: Actor, now: datetime, why: str = "") -> Incident:
    """The `incidents` (ids) end, and their alerts are `into`'s, which comes back; it keeps its title, service
    and policy, and is raised where one of them is worse. Nobody is paged about the others any more; those who
    were hear where it goes on.

    Raises Refused where one of them is resolved or not there, or none is named; Incident.DoesNotExist where
    there is no `into`.
    """
    others = sorted(set(incidents))
    if not others:
        raise Refused("Name at least one incident to merge.")
    if into in others:
        raise Refused(f"Incident #{into} cannot be merged into itself; leave it out.")
    if len(others) > MOST:
        raise Refused(f"At most {MOST} incidents are merged at once, and these are {len(others)}.")

    def work() -> Incident:
        alerts, rows = held.with_alerts([into, *others], ended=True)
        if into not in rows:
            raise missing(into)
        gone = [pk for pk in others if pk not in rows]
        if gone:
            raise Refused(f"There is no incident #{gone[0]}.")
        target, merged = still_open(rows[into]), [still_open(rows[pk]) for pk in others]
        held.latecomers(merged, alerts, ended=True)
        _merge(target, merged, by=by, now=now, why=why)
        return target

    return held.undisturbed(work)


def _merge(target: Incident, merged: Sequence[Incident], *, by: Actor, now: datetime, why: str) -> None:
    raised = _raised(target, merged, now=now)
    moved = Alert.objects.filter(incident__in=merged).update(incident=target)
    for row in merged:
        row.merged_into = target
    engine.apply_all([Change(row, Merged(target.pk), by=by, why=why) for row in merged], now=now)
    target.alert_count += moved
    target.episodes = max(target.episodes, *(row.episodes for row in merged))
    target.save(update_fields=["alert_count", "episodes"])
    named = ", ".join(f"#{row.pk} {row.title}" for row in merged)
    what = f"merged into this incident: {named}"
    data = {"merged": [row.pk for row in merged], "alerts": moved}
    record([Line(Verb.INCIDENT_MERGED, ("incident", target.pk), by, what, why, data)], now=now)
    if raised is not None:
        engine.apply(target, raised, now=now, by=by)
    nudge_on_commit()


def _raised(target: Incident, merged: Sequence[Incident], *, now: datetime) -> Repeated | None:
    """What the target learns by it. Somebody who is on it is left alone, since who merges says that it is the
    same; but nobody is on what is only put off, and what somebody was being paged about does not fall silent.
    """
    worst = min(row.severity for row in merged)
    urgency, raise_at = service_urgency(target.service, worst, at=now)
    paged = any(row.status == Incident.Status.TRIGGERED and row.parked_reason == Parked.NOT for row in merged)
    if paged:
        urgency, raise_at = Urgency.HIGH, None
    if not (paged or is_worse(worst, than=target.severity)):
        return None
    taken = target.status == Incident.Status.ACKNOWLEDGED and not selectors.snoozed([target.pk])
    kind = Repeated if taken else Joined
    return kind(severity=worst, urgency=urgency, raise_at=raise_at)
