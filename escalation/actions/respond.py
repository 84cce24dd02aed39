"""What people do about an incident. Each is one transaction, and stands on the timeline under their name."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.db import transaction

from escalation import engine, selectors
from escalation.actions import held
from escalation.core.policy import Policy, Step, Target
from escalation.core.stimulus import (
    Acknowledged,
    Active,
    Added,
    Escalated,
    Reassigned,
    Resolved,
    Snoozed,
    Stimulus,
    Unacknowledged,
)
from escalation.loading import closed_at
from escalation.models import Alert, Incident
from escalation.quiet.windows import in_maintenance_now
from paging.queue import nudge_on_commit
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb
from people.models import User

LONGEST_SNOOZE = timedelta(days=14)
REASSIGNED_TIMEOUT = timedelta(minutes=10)
MOST_ADDED = 20
"""Responders in one request: each of them is paged at once."""


class Refused(ValueError):
    """It cannot be done; the text is a sentence for the person who asked."""


def acknowledge(*, incident_id: int, by: Actor, now: datetime, why: str = "") -> Incident:
    """Somebody is on it: everyone's paging stops. Again, by anyone, makes it last anew. Where the policy
    wants several people, theirs stops, and the status stays until so many have acknowledged.

    Raises Refused when the incident is resolved, Incident.DoesNotExist when there is none.
    """
    return _stimulate(incident_id, _acknowledged(by), by=by, now=now, why=why)


def _acknowledged(by: Actor) -> Acknowledged:
    return Acknowledged(by.user.pk if by.user else None)


def unacknowledge(*, incident_id: int, by: Actor, now: datetime, why: str = "") -> Incident:
    """Nobody is on it any more, nor has put it off: the steps start again, unless something keeps it quiet.
    Of what nobody was on, nothing is changed. Raises Refused when the incident is resolved.
    """
    return _stimulate(incident_id, Unacknowledged(), by=by, now=now, why=why)


def acknowledge_all(*, incident_ids: Sequence[int], by: Actor, now: datetime, why: str = "") -> list[int]:
    """Each of them that nobody is on yet, in a transaction of its own. Returns which."""
    waiting = Incident.objects.filter(pk__in=incident_ids, status=Incident.Status.TRIGGERED)
    done = []
    for pk in waiting.order_by("pk").values_list("pk", flat=True):
        with contextlib.suppress(Refused):  # resolved a moment ago
            done.append(acknowledge(incident_id=pk, by=by, now=now, why=why).pk)
    return done


def resolve(*, incident_id: int, by: Actor, now: datetime, why: str = "") -> Incident:
    """It is over, and so are its alerts: the same key afterwards is a new alert."""

    def end() -> Incident:
        alerts, rows = held.with_alerts([incident_id])
        incident = _found(rows, incident_id)
        alerts += held.latecomers([incident], alerts)
        engine.apply(incident, Resolved(), now=now, by=by, why=why)
        Alert.objects.filter(pk__in=alerts).update(**closed_at(now))
        nudge_on_commit()
        return incident

    return held.undisturbed(end)


@transaction.atomic
def escalate(*, incident_id: int, by: Actor, now: datetime, why: str = "") -> Incident:
    """Page the next step now, also when it was acknowledged or parked; not in maintenance."""
    row = _locked(incident_id)
    _refuse_in_maintenance(row, now=now)
    engine.apply(row, Escalated(), now=now, by=by, why=why)
    nudge_on_commit()
    return row


def snooze(*, incident_id: int, until: datetime, by: Actor, now: datetime, why: str = "") -> Incident:
    """Quiet until `until`, then from step one. At most 14 days ahead."""
    if not now < until <= now + LONGEST_SNOOZE:
        raise Refused("Snooze until a time that lies ahead, at most 14 days from now.")
    return _stimulate(incident_id, Snoozed(until), by=by, now=now, why=why)


@transaction.atomic
def reassign(*, incident_id: int, users: Sequence[User], by: Actor, now: datetime, why: str = "") -> Incident:
    """Page these people instead; not in maintenance. If they do not acknowledge, the team's managers hear of
    it.
    """
    users = _asked_for(users, what="reassign it to")
    row = _locked(incident_id)
    _refuse_in_maintenance(row, now=now)
    old = Policy.from_json(row.policy)
    names = ", ".join(str(user) for user in users)
    step = Step(
        number=1,
        timeout=old.steps[0].timeout if old.steps else REASSIGNED_TIMEOUT,
        targets=tuple(Target(label=str(user), user=user.pk) for user in users),
    )
    wanted = min(old.acknowledgements, len(users))
    row.policy = replace(old, steps=(step,), acknowledgements=wanted).to_json()
    row.save(update_fields=["policy"])
    return _stimulate(
        incident_id, Reassigned(), by=by, now=now, why=f"to {names}" + (f": {why}" if why else "")
    )


@transaction.atomic
def add_responders(
    *, incident_id: int, users: Sequence[User], by: Actor, now: datetime, why: str = ""
) -> Incident:
    """Page these people as well, at once, also where somebody is on it; not in maintenance. What runs goes on
    as it was; if nothing reaches one of them, the team's managers are asked. Raises Refused when the incident
    is resolved or its service in maintenance, or one of them has left.
    """
    users = _asked_for(users, what="add")
    if len(users) > MOST_ADDED:
        raise Refused(f"{len(users)} people are too many at once; add at most {MOST_ADDED}.")
    names = ", ".join(str(user) for user in users)
    _refuse_in_maintenance(_locked(incident_id), now=now)
    added = Added(tuple(user.pk for user in users))
    return _stimulate(incident_id, added, by=by, now=now, why=names + (f": {why}" if why else ""))


def _asked_for(users: Sequence[User], *, what: str) -> list[User]:
    """Each once, in their order."""
    if not users:
        raise Refused(f"Name at least one person to {what}.")
    gone = [str(user) for user in users if not user.is_active]
    if gone:
        raise Refused(f"{', '.join(gone)} has left and cannot be paged.")
    return list({user.pk: user for user in users}.values())


@transaction.atomic
def take_over(*, incident_id: int, by: Actor, now: datetime, why: str = "") -> Incident:
    """An acknowledgement that makes it theirs, whoever was on it before; what was put off stays put off until
    the same time. Raises Refused when the incident is resolved.
    """
    row = _locked(incident_id)
    until = row.hold_until if selectors.snoozed([row.pk]) else None
    row.acknowledged_at, row.acknowledged_by = None, None
    engine.apply(row, _acknowledged(by), now=now, by=by, why=why)
    if until is not None and until > now:
        engine.apply(row, Snoozed(until), now=now, by=by, why=why)
    nudge_on_commit()
    return row


@transaction.atomic
def note(*, incident_id: int, text: str, by: Actor, now: datetime) -> Incident:
    """A line on the timeline; a responder who writes is still on it, so the acknowledgement lasts anew.
    Resolved incidents can be written on too.
    """
    if not text.strip():
        raise Refused("A note needs some text.")
    row = _locked(incident_id, or_resolved=True)
    record([Line(Verb.INCIDENT_NOTE, ("incident", row.pk), by, f"noted: {text.strip()}")], now=now)
    engine.apply(row, Active(), now=now, by=by)
    return row


@transaction.atomic
def _stimulate(incident_id: int, stimulus: Stimulus, *, by: Actor, now: datetime, why: str) -> Incident:
    row = _locked(incident_id)
    engine.apply(row, stimulus, now=now, by=by, why=why)
    nudge_on_commit()
    return row


def _refuse_in_maintenance(row: Incident, *, now: datetime) -> None:
    """Nobody is paged then, so nobody should believe that somebody was."""
    quiet = in_maintenance_now([row], at=now).get(row.service_id)
    if quiet is not None:
        until = quiet.until.astimezone(UTC)
        raise Refused(
            f"{row.service.name} is in maintenance until {until:%Y-%m-%d %H:%M} UTC and pages nobody before "
            f"({quiet.why}). End it on the page /maintenance first: what is open is paged then."
        )


def _locked(incident_id: int, *, or_resolved: bool = False) -> Incident:
    return _found(held.locked([incident_id]), incident_id, or_resolved=or_resolved)


def _found(rows: Mapping[int, Incident], incident_id: int, *, or_resolved: bool = False) -> Incident:
    if incident_id not in rows:
        raise missing(incident_id)
    return rows[incident_id] if or_resolved else still_open(rows[incident_id])


def still_open(row: Incident) -> Incident:
    """The row itself. Raises Refused where it is resolved."""
    if row.status != Incident.Status.RESOLVED:
        return row
    who = f" by {row.resolved_by}" if row.resolved_by else ""
    if row.merged_into_id:
        raise Refused(f"Incident #{row.pk} was merged into #{row.merged_into_id}{who}; answer that one.")
    raise Refused(f"Incident #{row.pk} is already resolved{who}.")


def missing(incident_id: int) -> Incident.DoesNotExist:
    return Incident.DoesNotExist(f"There is no incident #{incident_id}.")
