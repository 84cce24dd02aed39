"""One event in as few statements as there can be, each a transaction of its own. On PostgreSQL.

A post is mostly one event, and what it does is mostly one of two things: it counts on an open alert, or it
makes an alert and its incident. Where nothing else can follow, one statement does all of that: a service that
no rule, no routing and no maintenance looks at, and an event that is no worse than its alert. Whatever is
different is found out before anything is written, and is left to `escalation.intake.reacting`, which would
have written the same rows.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection

from escalation import engine
from escalation.intake import grouping
from escalation.intake.alerts import TABLE as ALERT
from escalation.intake.alerts import Upserted
from escalation.intake.batched import Batched, One, events
from escalation.intake.grouping import Party
from escalation.intake.keys import Known
from escalation.intake.limits import shard
from escalation.intake.reacting import RECURS_WITHIN, Past, Reaction
from escalation.intake.repeating import (
    COUNTED,
    EVENT,
    FOUND,
    FOUNDS,
    FROM_FOUND,
    REPEATED,
    Found,
    counts_at,
    given,
)
from escalation.loading import Frozen, read_policy
from escalation.models import Incident, Service
from escalation.sources.event import Action, Event
from paging.queue import nudge_on_commit
from people import metrics
from people.columns import Columns
from people.ledger.record import ENTRIES, Actor, written
from people.prepared import Statement

INCIDENTS = Columns(Incident)
COLUMNS = """
service_id, incident_id, dedup_key, group_key, status, severity, summary, source, labels, links, payload,
began_at, first_event_at, last_event_at, event_count
"""
SENDER = "key bigint, service bigint, policy bigint, actor text, counts boolean, opens boolean"
_FOUND = FOUND.format(
    times="(repeated.id IS NOT NULL)::int",
    of="event LEFT JOIN (again JOIN repeated USING (id)) ON again.turn = event.turn",
)
REPEAT = Statement(f"""
WITH event AS ({events(f"{SENDER}, {EVENT}")}), {REPEATED}, {_FOUND} SELECT {FOUNDS} FROM {FROM_FOUND}
""")  # noqa: S608

NEW = "key bigint, service bigint, incident bigint, summary text, source text, began_at timestamptz"
# Of two that make the same alert at once, the second one makes nothing here.
OPEN = f"""
WITH event AS ({events(f"{NEW}, row jsonb, lines jsonb, {EVENT}")}), opened AS (
    INSERT INTO {ALERT} ({COLUMNS})
    SELECT service, incident, dedup_key, group_key, 'open', severity, summary, source, labels, links, payload,
           began_at, at, at, 1
    FROM event ORDER BY service, dedup_key COLLATE "C"
    ON CONFLICT (service_id, dedup_key) WHERE status = 'open' DO NOTHING
    RETURNING incident_id
), new AS (
    SELECT event.* FROM opened JOIN event ON event.incident = opened.incident_id
), made AS (
    INSERT INTO {INCIDENTS.table} ({INCIDENTS.names()})
    SELECT row.* FROM new, jsonb_to_record(new.row) AS row ({{incident}})
), said AS (
    INSERT INTO {ENTRIES.table} ({ENTRIES.names()})
    SELECT line.* FROM new, jsonb_to_recordset(new.lines) AS line ({{line}})
), counted AS (
    {COUNTED.format(of="new")}
)
SELECT turn FROM new
"""  # noqa: S608


def may(service: Service, events: Sequence[Event]) -> bool:
    """Whether it can be tried. SQLite changes one table in a statement: there all goes the other way."""
    is_looked_at = service.has_rules or service.has_routing or service.has_maintenance
    is_one = len(events) == 1 and events[0].action is Action.TRIGGER
    return is_one and not is_looked_at and connection.vendor == "postgresql"


def take(known: Known, event: Event, *, by: Actor, now: datetime) -> int | None:
    """Returns the number of new incidents; None, with nothing written, where it takes more than this."""
    key, found = known.row, known.found
    reaction = Reaction(key.service, by=by, now=now)
    graded = reaction.graded(event)
    try:
        said = _said(known, graded, by, now)
    except TypeError:  # what orjson does not write, Django may
        return None
    if found is None or found.is_open:  # as bad as the service says, perhaps it does repeat
        row, _ = _repeat().ask(One(said, now))
        assert row is not None  # noqa: S101 - there is one about each event
        found = Found.read(row)
    if found.times:
        return 0
    if found.is_open or found.number is None:
        return None
    return _opened(found, said, graded, reaction=reaction, service=key.service, by=by)


def _opened(
    found: Found, said: Mapping[str, Any], event: Event, *, reaction: Reaction, service: Service, by: Actor
) -> int | None:
    now = said["at"]
    past = Past(found.episodes, recurred=found.last is not None and found.last >= now - RECURS_WITHIN)
    policy = read_policy(found.policy or "", service)
    planned = _planned(reaction, event, past, service, policy=policy, now=now, lately=found.lately)
    planned.row.pk = found.number
    lines = [written(line, at=now) for line in planned.lines(by)]
    row = INCIDENTS.values(planned.row)
    opened, _ = _open().ask(One({**said, "row": row, "lines": lines, "incident": found.number}, now))
    if opened is None:
        return None
    metrics.INCIDENTS.labels(severity=event.severity).inc()
    nudge_on_commit()
    return 1


def _said(known: Known, event: Event, by: Actor, now: datetime) -> dict[str, Any]:
    """By its name in the statements. Raises TypeError for what is no plain JSON."""
    key = known.row
    return {
        **(known.given or given(event, now=now)),
        "severity": event.severity,
        "key": key.pk,
        "service": key.service_id,
        "policy": key.service.policy_id,
        "actor": by.name.replace("\x00", "")[:200],
        "summary": event.summary,
        "source": event.source,
        "began_at": event.began_at,
        "counts": True,
        "opens": not grouping.has_a_group(event, key.service),
    }


def _planned(  # noqa: PLR0913 - what an incident is made of
    reaction: Reaction, event: Event, past: Past, service: Service, *, policy: Frozen, now: datetime,
    lately: bool,
) -> engine.Planned:  # fmt: skip
    alone = Party("", [Upserted(event, alert=0, incident=None, count=1, severity=event.severity)])
    return engine.plan_incident(
        reaction.opening(alone, {event.dedup_key: past}),
        service=service,
        policy=policy.policy,
        frozen=policy.json,
        now=now,
        lately=lately,
    )


@cache
def _repeat() -> Batched:
    return Batched(REPEAT, counts_at)


@cache
def _open() -> Batched:
    return Batched(Statement(OPEN.format(incident=INCIDENTS.typed, line=ENTRIES.typed)), _shard)


def _shard(now: datetime) -> dict[str, Any]:
    return {"shard": shard()}
