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

import orjson
from django.db import connection

from escalation import engine
from escalation.core import flapping
from escalation.intake import grouping
from escalation.intake.alerts import FIRED_AGAIN, Upserted
from escalation.intake.alerts import TABLE as ALERT
from escalation.intake.grouping import Party
from escalation.intake.limits import COUNT, minute_of, shard
from escalation.intake.reacting import RECURS_WITHIN, Past, Reaction
from escalation.loading import policy_of
from escalation.models import Incident, RoutingKey, Service
from escalation.sources.event import Action, Event
from paging.queue import nudge_on_commit
from people import metrics, prepared
from people.columns import Columns
from people.ledger.models import Entry
from people.ledger.record import Actor, entry
from people.ledger.verbs import Verb

INCIDENTS, LINES = Columns(Incident), Columns(Entry, but=["id"])
AGAIN = FIRED_AGAIN.split("{}")
COUNTED = COUNT.format(rows="SELECT %(key)s::bigint, %(minute)s, %(shard)s::int, 1, 0, %(now)s FROM {of}")

# The alert before its line on the record before the count, as everywhere: each reads from the one before.
REPEAT = f"""
WITH repeated AS (
    UPDATE {ALERT}
    SET event_count = event_count + 1, last_event_at = %(now)s, group_key = %(group_key)s,
        labels = %(labels)s, links = %(links)s, payload = %(payload)s
    WHERE service_id = %(service)s AND dedup_key = %(dedup_key)s AND status = 'open'
      AND incident_id IS NOT NULL AND severity <= %(severity)s
    RETURNING incident_id, event_count
), said AS (
    INSERT INTO {LINES.table} (at, verb, subject_type, subject_id, actor_name, what, why, data)
    SELECT %(now)s, '{Verb.ALERT_REPEATED.value}', 'incident', incident_id, %(actor)s::text,
           '{AGAIN[0]}' || event_count || '{AGAIN[1]}', '', '{{}}' FROM repeated
), counted AS (
    {COUNTED.format(of="repeated")}
)
SELECT found.times, past.is_open, past.episodes, past.last, past.lately,
       CASE WHEN found.times = 0 AND %(opens)s AND NOT past.is_open
            THEN nextval(pg_get_serial_sequence('{INCIDENTS.table}', 'id')) END
FROM (SELECT count(*) AS times FROM repeated) AS found
LEFT JOIN LATERAL (
    SELECT count(*) AS episodes, max(resolved_at) AS last,
           EXISTS (SELECT FROM {ALERT} WHERE service_id = %(service)s AND dedup_key = %(dedup_key)s
                   AND status = 'open') AS is_open,
           EXISTS (SELECT FROM {INCIDENTS.table} WHERE service_id = %(service)s
                   AND triggered_at > %(lately)s) AS lately
    FROM {ALERT}
    WHERE found.times = 0 AND service_id = %(service)s AND dedup_key = %(dedup_key)s
      AND resolved_at > %(since)s
) AS past ON found.times = 0
"""  # noqa: S608

# Of two that make the same alert at once, the second one makes nothing here.
OPEN = f"""
WITH opened AS (
    INSERT INTO {ALERT} (service_id, incident_id, dedup_key, group_key, status, severity, summary, source,
                         labels, links, payload, began_at, first_event_at, last_event_at, event_count)
    VALUES (%(service)s, %(incident)s, %(dedup_key)s, %(group_key)s, 'open', %(severity)s, %(summary)s,
            %(source)s, %(labels)s, %(links)s, %(payload)s, %(began_at)s, %(now)s, %(now)s, 1)
    ON CONFLICT (service_id, dedup_key) WHERE status = 'open' DO NOTHING
    RETURNING id
), made AS (
    INSERT INTO {INCIDENTS.table} ({INCIDENTS.names()})
    SELECT {INCIDENTS.names("row")}
    FROM opened, jsonb_to_record(%(row)s::jsonb) AS row ({{incident}})
), said AS (
    INSERT INTO {LINES.table} ({LINES.names()})
    SELECT {LINES.names("line")}
    FROM opened, jsonb_to_recordset(%(lines)s::jsonb) AS line ({{line}})
), counted AS (
    {COUNTED.format(of="opened")}
)
SELECT count(*) FROM opened
"""  # noqa: S608


def may(service: Service, events: Sequence[Event]) -> bool:
    """Whether it can be tried. SQLite changes one table in a statement: there all goes the other way."""
    is_looked_at = service.has_rules or service.has_routing or service.has_maintenance
    is_one = len(events) == 1 and events[0].action is Action.TRIGGER
    return is_one and not is_looked_at and connection.vendor == "postgresql"


def take(key: RoutingKey, event: Event, *, by: Actor, now: datetime) -> int | None:
    """Returns the number of new incidents; None, with nothing written, where it takes more than this."""
    reaction = Reaction(key.service, by=by, now=now)
    graded = reaction.graded(event)
    try:
        given = _given(key, graded, by, now)
    except TypeError:  # what orjson does not write, Django may
        return None
    times, is_open, episodes, last, lately, number = _asked(REPEAT, given)
    if times:
        return 0
    if is_open or number is None:
        return None
    past = Past(episodes, recurred=last is not None and last >= now - RECURS_WITHIN)
    planned = _planned(reaction, graded, past, key.service, now=now, lately=lately)
    planned.row.pk = number
    lines = [LINES.values(entry(line, at=now)) for line in planned.lines(by)]
    row = orjson.dumps(INCIDENTS.values(planned.row)).decode()
    (opened,) = _asked(
        _open(), given | {"row": row, "lines": orjson.dumps(lines).decode(), "incident": number}
    )
    if not opened:
        return None
    metrics.INCIDENTS.labels(severity=graded.severity).inc()
    nudge_on_commit()
    return 1


def _given(key: RoutingKey, event: Event, by: Actor, now: datetime) -> dict[str, Any]:
    """By its name in the statements. Raises TypeError for what is no plain JSON."""
    return {
        "key": key.pk,
        "service": key.service_id,
        "actor": by.name.replace("\x00", "")[:200],
        "dedup_key": event.dedup_key,
        "group_key": event.group_key,
        "severity": event.severity,
        "summary": event.summary,
        "source": event.source,
        "labels": orjson.dumps(dict(event.labels)).decode(),
        "links": orjson.dumps(event.links).decode(),
        "payload": orjson.dumps(dict(event.payload)).decode(),
        "began_at": event.began_at,
        "now": now,
        "minute": minute_of(now),
        "since": now - flapping.WITHIN,
        "lately": now - engine.LATELY,
        "shard": shard(),
        "opens": not grouping.has_a_group(event, key.service),
    }


def _planned(
    reaction: Reaction, event: Event, past: Past, service: Service, *, now: datetime, lately: bool
) -> engine.Planned:
    alone = Party("", [Upserted(event, alert=0, incident=None, count=1, severity=event.severity)])
    policy = policy_of(service)
    return engine.plan_incident(
        reaction.opening(alone, {event.dedup_key: past}),
        service=service,
        policy=policy,
        frozen=policy.to_json(),
        now=now,
        lately=lately,
    )


def _asked(statement: str, given: Mapping[str, Any]) -> tuple[Any, ...]:
    with prepared.cursor() as cursor:
        cursor.execute(statement, given)
        found: tuple[Any, ...] = cursor.fetchone()
    return found


@cache
def _open() -> str:
    return OPEN.format(incident=INCIDENTS.typed, line=LINES.typed)
