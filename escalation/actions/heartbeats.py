"""Everything that people and documents do to heartbeats. What their calls and their silence do is intake."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from escalation.actions.steps import ConfigError
from escalation.core import heartbeat as core
from escalation.core.spoken import exactly
from escalation.core.urgency import DEFAULTS
from escalation.loading import BEAT_COLUMNS, beat_of, put_beat
from escalation.models import Heartbeat, RoutingKey, Service, new_routing_key
from escalation.sources.event import UNKNOWN_SEVERITY
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb

KEY = re.compile(r"[0-9a-zA-Z]{32}")


@dataclass(frozen=True, kw_only=True)
class HeartbeatSpec:
    """It calls at least every `every`, and may be `grace` late. `key`: 32 letters and digits; None leaves the
    one there is, or makes one.
    """

    name: str
    every: timedelta
    grace: timedelta = core.USUAL_GRACE
    severity: str = UNKNOWN_SEVERITY
    key: str | None = None


@transaction.atomic
def ensure_heartbeat(*, service: Service, spec: HeartbeatSpec, by: Actor, now: datetime) -> Heartbeat:
    """The heartbeat of that name as `spec` says. A retired one is brought back with a key that is new unless
    `spec` has one, and waits for its first call.

    Of one that has called, the deadline is reckoned anew from its last call. Writes nothing when it is
    already so. Raises ConfigError.
    """
    _check(spec)
    _refuse_shared(spec, service)
    said = {"every": spec.every, "grace": spec.grace, "severity": spec.severity, **_keyed(spec.key)}
    row, new = Heartbeat.objects.select_for_update(of=("self",)).get_or_create(
        service=service,
        name=spec.name,
        defaults={**_keyed(new_routing_key()), **said, "created_at": now},
    )
    if not new and row.retired_at is None:
        return _change(row, said, by=by, now=now)
    if not new:
        said |= _keyed(spec.key or new_routing_key())
        _set(row, {**said, "created_at": now, "muted_by": None, "retired_at": None})
        put_beat(row, _brought_back(row))
        row.save()
    often = f"every {exactly(spec.every)}, at most {exactly(spec.grace)} late"
    _record(row, Verb.HEARTBEAT_CREATED, f"expects heartbeat {row} {often}", by=by, now=now)
    return row


def _brought_back(row: Heartbeat) -> core.Beat:
    """It waits for its first call; where its silence was an alert, so that the call ends that one."""
    waits = core.Beat(every=row.every, grace=row.grace)
    last = row.last_call_at if row.silent_since else None
    return replace(waits, last_call_at=last, silent_since=row.silent_since)


def _change(row: Heartbeat, said: Mapping[str, Any], *, by: Actor, now: datetime) -> Heartbeat:
    changed = _set(row, said)
    if changed:
        put_beat(row, core.reckoned(beat_of(row)))
        row.save()
        names = [name for name in changed if name != "digest"]
        data = {name: changed[name] for name in names if name != "key"}
        what = f"changed {', '.join(names)} of heartbeat {row}"
        _record(row, Verb.HEARTBEAT_CHANGED, what, by=by, now=now, **data)
    return row


def _set(row: Heartbeat, said: Mapping[str, Any]) -> dict[str, list[str]]:
    """Each field's old and new value, where it had another one."""
    changed = {
        name: [str(getattr(row, name)), str(value)]
        for name, value in said.items()
        if getattr(row, name) != value
    }
    for name in changed:
        setattr(row, name, said[name])
    return changed


@transaction.atomic
def retire_heartbeat(*, heartbeat: Heartbeat, by: Actor, now: datetime) -> None:
    """From now on its address is unknown, and its silence nothing. An open incident of it stays open."""
    row = _locked(heartbeat.pk)
    if row.retired_at is None:
        row.retired_at, row.due_at = now, None
        row.save(update_fields=["retired_at", "due_at"])
        _record(row, Verb.HEARTBEAT_RETIRED, f"retired heartbeat {row}", by=by, now=now)


@transaction.atomic
def mute_heartbeat(
    *, heartbeat_id: int, until: datetime, by: Actor, now: datetime, why: str = ""
) -> Heartbeat:
    """Until `until` its silence is no alert; then it is, if it still has not called. At most 90 days. An
    incident of it that is open is left to people.

    Raises ConfigError, Heartbeat.DoesNotExist.
    """
    if not now < until <= now + core.LONGEST_MUTE:
        raise ConfigError(
            f"Mute until a time that lies ahead, at most {core.LONGEST_MUTE.days} days from now."
        )
    row = _locked(heartbeat_id)
    _refuse_retired(row)
    row.muted_until, row.muted_by = until, by.user
    what = f"muted heartbeat {row} until {until:%Y-%m-%d %H:%M} UTC"
    return _put(row, Verb.HEARTBEAT_MUTED, what, by=by, now=now, why=why)


@transaction.atomic
def unmute_heartbeat(*, heartbeat_id: int, by: Actor, now: datetime, why: str = "") -> Heartbeat:
    """Its silence counts again, from its last call on. Raises ConfigError, Heartbeat.DoesNotExist."""
    row = _locked(heartbeat_id)
    _refuse_retired(row)
    if row.muted_until is None or row.muted_until <= now:
        raise ConfigError(f"Heartbeat {row} is not muted.")
    row.muted_until, row.muted_by = None, None
    return _put(row, Verb.HEARTBEAT_UNMUTED, f"unmuted heartbeat {row}", by=by, now=now, why=why)


@transaction.atomic
def excuse(*, since: datetime, until: datetime, by: Actor, now: datetime) -> int:
    """Nobody could hear a call from `since` to `until`: what may have called meanwhile is given another turn,
    once in each silence. Returns how many were.
    """
    rows = []
    for row in Heartbeat.objects.select_for_update(of=("self",)).filter(due_at__isnull=False).order_by("pk"):
        given = core.excused(beat_of(row), since=since, until=until)
        if given != beat_of(row):
            put_beat(row, given)
            rows.append(row)
    if rows:
        Heartbeat.objects.bulk_update(rows, ["due_at", "excused_at"], batch_size=500)
        span = f"{since:%Y-%m-%d %H:%M:%S} to {until:%Y-%m-%d %H:%M:%S} UTC"
        what = f"no call could be heard from {span}; what was expected then counts as having come"
        lines = [Line(Verb.HEARTBEAT_EXCUSED, ("heartbeat", row.pk), by, what) for row in rows]
        record(lines, now=now)
    return len(rows)


def _check(spec: HeartbeatSpec) -> None:
    if not spec.name.strip():
        raise ConfigError("A heartbeat needs a name, such as nightly-backup.")
    if spec.every <= timedelta(0):
        raise ConfigError(f"Heartbeat “{spec.name}” calls every no time at all; write 24h.")
    if spec.grace < timedelta(0):
        raise ConfigError(f"The grace of heartbeat “{spec.name}” is negative; write 1h.")
    if spec.severity not in DEFAULTS:
        raise ConfigError(f"“{spec.severity}” is no severity; write {', '.join(DEFAULTS)}.")
    if spec.key is not None and not KEY.fullmatch(spec.key):
        raise ConfigError(f"The key of heartbeat “{spec.name}” is not 32 letters and digits.")


def _keyed(key: str | None) -> dict[str, str]:
    return {"key": key, "digest": RoutingKey.digest_of(key)} if key else {}


def _refuse_shared(spec: HeartbeatSpec, service: Service) -> None:
    """The constraint decides between two that do this at once; this says it in words."""
    if spec.key is None:
        return
    live = Heartbeat.objects.filter(digest=RoutingKey.digest_of(spec.key), retired_at=None)
    if live.exclude(service=service, name=spec.name).exists():
        raise ConfigError(
            f"The key of heartbeat “{spec.name}” of {service} is already used; every key is one heartbeat's."
        )


def _refuse_retired(row: Heartbeat) -> None:
    if row.retired_at is not None:
        raise ConfigError(f"Heartbeat {row} is retired.")


def _locked(pk: int) -> Heartbeat:
    return Heartbeat.objects.select_for_update(of=("self",)).select_related("service").get(pk=pk)


def _put(row: Heartbeat, verb: Verb, what: str, *, by: Actor, now: datetime, why: str) -> Heartbeat:
    put_beat(row, core.reckoned(beat_of(row)))
    row.save(update_fields=[*BEAT_COLUMNS, "muted_by"])
    record([Line(verb, ("heartbeat", row.pk), by, what, why)], now=now)
    return row


def _record(row: Heartbeat, verb: Verb, what: str, *, by: Actor, now: datetime, **data: list[str]) -> None:
    record([Line(verb, ("heartbeat", row.pk), by, what, data=data)], now=now)
