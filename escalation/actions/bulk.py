"""The same answer to many incidents: each in a transaction of its own, so that none keeps another from it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from escalation.actions import respond
from escalation.actions.respond import Refused, missing
from escalation.models import Incident
from people.ledger.record import Actor

MOST = 100
"""Somebody waits for the answer."""


@dataclass(frozen=True)
class Outcome:
    """The ids of those that it was done to, and by id why it was not."""

    done: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)


def acknowledge(*, incident_ids: Sequence[int], by: Actor, now: datetime, why: str = "") -> Outcome:
    """Those that nobody is on yet. Raises Refused where they are none or more than MOST."""

    def one(pk: int) -> None:
        row = Incident.objects.select_related("acknowledged_by").filter(pk=pk).first()
        if row is not None and row.status == Incident.Status.ACKNOWLEDGED:
            who = f" by {row.acknowledged_by}" if row.acknowledged_by else ""
            raise Refused(f"Incident #{pk} is already acknowledged{who}.")
        respond.acknowledge(incident_id=pk, by=by, now=now, why=why)

    return _each(incident_ids, one)


def resolve(*, incident_ids: Sequence[int], by: Actor, now: datetime, why: str = "") -> Outcome:
    """Raises Refused where they are none or more than MOST."""
    return _each(incident_ids, lambda pk: respond.resolve(incident_id=pk, by=by, now=now, why=why))


def _each(incident_ids: Sequence[int], one: Callable[[int], object]) -> Outcome:
    """In the order of their ids."""
    wanted, outcome = sorted(set(incident_ids)), Outcome()
    if not wanted:
        raise Refused("Choose at least one incident.")
    if len(wanted) > MOST:
        raise Refused(f"At most {MOST} incidents are answered at once, and these are {len(wanted)}.")
    for pk in wanted:
        try:
            one(pk)
        except Incident.DoesNotExist:
            outcome.refused[pk] = str(missing(pk))
        except Refused as refusal:
            outcome.refused[pk] = str(refusal)
        else:
            outcome.done.append(pk)
    return outcome
