"""Sources that call in, and those that have fallen silent.

A call and the look at silence take the heartbeat's row first, then alerts, then incidents. Whoever comes
second sees what the other did: after a call was answered its silence is no open alert.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import DateTimeField, ExpressionWrapper, F, Value
from django.db.models.functions import Coalesce, Greatest

from escalation.core import heartbeat as core
from escalation.core.spoken import about, exactly
from escalation.engine.faults import is_outage
from escalation.intake.keys import UnknownKey
from escalation.intake.reacting import Reaction
from escalation.loading import BEAT_COLUMNS, beat_of, put_beat
from escalation.models import Heartbeat, RoutingKey
from escalation.sources.event import Action, Event
from people.ledger.record import ENGINE, Actor, Line, record
from people.ledger.verbs import Verb

SOURCE = "heartbeat"
BATCH = 50
PAUSE = timedelta(seconds=30)
"""One whose alert could not be raised is looked at again after this, behind the others."""
AT = DateTimeField()
log = structlog.get_logger(__name__)


def call_in(*, key: str, now: datetime) -> None:
    """The source with this key is well. Its silence, if it was one, is over when this returns. One statement
    where it was not silent. Raises UnknownKey.
    """
    due = ExpressionWrapper(Value(now, AT) + F("every") + F("grace"), AT)
    not_before = Coalesce(F("muted_until"), Value(now, AT))
    digest = RoutingKey.digest_of(key)
    well = Heartbeat.objects.filter(digest=digest, retired_at=None, silent_since=None)
    if not well.update(last_call_at=now, due_at=Greatest(due, not_before)):
        _end_silence(digest, now)


@transaction.atomic
def _end_silence(digest: str, now: datetime) -> None:
    rows = Heartbeat.objects.select_for_update(of=("self",)).select_related("service__policy")
    row = rows.filter(digest=digest, retired_at=None).first()
    if row is None:
        raise UnknownKey
    beat = beat_of(row)
    put_beat(row, core.called(beat, now=now))
    row.save(update_fields=BEAT_COLUMNS)
    if beat.silent_since is not None:
        by = Actor(f"{row.name} ({SOURCE})")
        over = Event(action=Action.RESOLVE, dedup_key=row.dedup_key)
        Reaction(row.service, by=by, now=now).to([over])
        record(
            [Line(Verb.HEARTBEAT_HEARD, ("heartbeat", row.pk), by, f"heartbeat {row} called again")], now=now
        )


def raise_silent(*, heard_until: datetime, clock: Callable[[], datetime], limit: int = BATCH) -> int:
    """Raise an alert for each that had not called in time by `heard_until`, the last moment at which a call
    could have been heard; at most `limit` of each service. Returns how many: ask again until it is 0. Each
    silence is raised once, in however many processes this runs.
    """
    due = Heartbeat.objects.filter(due_at__lte=heard_until)
    services = dict.fromkeys(due.order_by("due_at", "pk").values_list("service", flat=True)[:limit])
    return sum(_raise_for(service, heard_until, clock, limit) for service in services)


def _raise_for(service: int, heard_until: datetime, clock: Callable[[], datetime], limit: int) -> int:
    """Those of one service, in one transaction; where that fails, one by one."""
    due = Heartbeat.objects.filter(service=service, due_at__lte=heard_until)
    found = list(due.order_by("due_at", "pk").values_list("pk", flat=True)[:limit])
    try:
        return _raise(found, heard_until, clock)
    except Exception as fault:  # of one of them: each is raised alone, and what fails is logged there
        if is_outage(fault):
            raise
        log.warning("silence_not_raised", heartbeats=len(found), error=repr(fault), effect="one by one")
    return sum(_raise_one(pk, heard_until, clock) for pk in found)


def _raise_one(pk: int, heard_until: datetime, clock: Callable[[], datetime]) -> int:
    try:
        return _raise([pk], heard_until, clock)
    except Exception as fault:
        if is_outage(fault):
            raise
        log.exception("silence_not_raised", heartbeat=pk, effect=f"looked at again after {PAUSE}")
        Heartbeat.objects.filter(pk=pk, due_at__isnull=False).update(due_at=clock() + PAUSE)
        return 0


@transaction.atomic
def _raise(pks: Sequence[int], heard_until: datetime, clock: Callable[[], datetime]) -> int:
    """What another one holds, or has called meanwhile, is passed over."""
    rows = Heartbeat.objects.select_for_update(of=("self",), skip_locked=True)
    rows = rows.select_related("service__policy").filter(pk__in=pks, due_at__lte=heard_until)
    silent = sorted(rows.order_by("pk"), key=lambda row: row.dedup_key)
    if not silent:
        return 0
    now = clock()
    events = [_event(row, now) for row in silent]
    for row in silent:
        put_beat(row, core.silenced(beat_of(row), now=now))
    Heartbeat.objects.bulk_update(silent, ["due_at", "silent_since"])
    Reaction(silent[0].service, by=ENGINE, now=now).to(events)
    said = zip(silent, events, strict=True)
    record(
        [Line(Verb.HEARTBEAT_SILENT, ("heartbeat", row.pk), ENGINE, event.summary) for row, event in said],
        now=now,
    )
    return len(silent)


def _event(row: Heartbeat, now: datetime) -> Event:
    last = row.last_call_at or now
    return Event(
        action=Action.TRIGGER,
        dedup_key=row.dedup_key,
        summary=f"{row.name} has not called in for {about(now - last)}",
        severity=row.severity,
        source=row.name,
        labels={"heartbeat": row.name},
        payload={
            "last_call_at": last.isoformat(),
            "every": exactly(row.every),
            "grace": exactly(row.grace),
        },
        began_at=last,
    )
