"""What happens to incidents becomes events of the webhooks that follow them: read from the ledger.

Whoever changes an incident writes its line in the same transaction and knows of no follower, so following
costs the intake and the engine nothing. Which lines were read is said in the transaction that queues their
events: each line is told once, whatever dies in between.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q

from escalation.core import gaps
from escalation.core.cause import INCIDENT
from escalation.core.following import EVENTS, Follows
from escalation.core.gaps import Gap
from escalation.models import Follower, HookDelivery, Incident, LedgerReading
from paging.core.hook import in_utc
from paging.core.render import clean
from people.ledger.models import Entry

AT_ONCE = 200
"""Lines in one transaction, which on SQLite nobody else writes beside."""
MOST_WAITING = 10_000
"""Events that wait for one webhook: of more, the oldest are thrown away, and counted."""
MOST_GAPS = 200
"""Spans of missing lines: with more, no further line is read before some have come to light or to nothing."""
WORDS = 2000  # characters of a note
State = HookDelivery.State
log = structlog.get_logger(__name__)


def start_reading(*, now: datetime) -> None:
    """From now on: what is written after the caller's transaction is read, and what others are writing."""
    if has_begun():
        return
    newest = sorted(Entry.objects.order_by("-pk").values_list("pk", flat=True)[:AT_ONCE])
    known = _gaps_between(newest[0] - 1, newest, now=now) if newest else []
    reading = {"upto": newest[-1] if newest else 0, "gaps": [gap.to_json() for gap in known]}
    LedgerReading.objects.get_or_create(pk=1, defaults=reading)


def has_begun() -> bool:
    """Whether anything follows, or ever did."""
    return LedgerReading.objects.filter(pk=1).exists()


def queue_events(*, clock: Callable[[], datetime]) -> int:
    """Read further lines, AT_ONCE at most. Returns how many were read: ask again until it is 0. Safe to run
    in many processes at once: one of them reads.
    """
    known = LedgerReading.objects.filter(pk=1).first()
    if known is None or not (known.gaps or _lines_after(known.upto, limit=1)):
        return 0
    with transaction.atomic():
        reading = LedgerReading.objects.select_for_update(skip_locked=True).filter(pk=1).first()
        return 0 if reading is None else _read_on(reading, now=clock())


def _read_on(reading: LedgerReading, *, now: datetime) -> int:
    oldest = _oldest_transaction()  # before the lines are read: what ended until then, they show
    known = [Gap.from_json(one) for one in reading.gaps]
    late = _lines_in(known)
    new = _lines_after(reading.upto, limit=AT_ONCE) if len(known) < MOST_GAPS else []
    if len(late) < AT_ONCE:  # else there may be more of them
        known = gaps.still_open(known, oldest=oldest, now=now)
    known = [left for gap in known for left in gaps.without(gap, late)]
    known += _gaps_between(reading.upto, new, now=now)
    _queue([*late, *new], now=now)
    reading.upto, reading.gaps = (new or [reading.upto])[-1], [gap.to_json() for gap in known]
    reading.save(update_fields=["upto", "gaps"])
    return len(late) + len(new)


def _lines_after(number: int, *, limit: int) -> list[int]:
    return list(Entry.objects.filter(pk__gt=number).order_by("pk").values_list("pk", flat=True)[:limit])


def _lines_in(known: Sequence[Gap]) -> list[int]:
    if not known:
        return []
    spans = Q()
    for gap in known:
        spans |= Q(pk__range=(gap.first, gap.last))
    return list(Entry.objects.filter(spans).order_by("pk").values_list("pk", flat=True)[:AT_ONCE])


def _gaps_between(number: int, seen: Sequence[int], *, now: datetime) -> list[Gap]:
    """Asked after `seen` was read: whoever has a missing one has begun by then. SQLite has one writer, and
    shows its lines in their order.
    """
    spans = list(gaps.missing(number, seen)) if connection.vendor == "postgresql" else []
    following = _next_transaction() if spans else 0
    return [Gap(first, last, following, now) for first, last in spans]


def _oldest_transaction() -> int:
    """All with a lower number have ended."""
    return _number_of_transaction("pg_snapshot_xmin")


def _next_transaction() -> int:
    """All that have begun have a lower number. Whoever writes of an incident has locked it before, and so
    has a number before its line has one.
    """
    return _number_of_transaction("pg_snapshot_xmax")


def _number_of_transaction(function: str) -> int:
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(pg_current_snapshot())::text")
        return int(cursor.fetchone()[0])


def _queue(lines: Sequence[int], *, now: datetime) -> None:
    """The events of these lines, by number, to whoever follows."""
    following = _following()
    if not (lines and following):
        return
    entries = Entry.objects.filter(pk__in=lines, subject_type=INCIDENT, verb__in=EVENTS)
    found = list(entries.select_related("actor").order_by("pk"))
    rows = Incident.objects.select_related("service__team", "acknowledged_by").in_bulk(
        {entry.subject_id for entry in found}
    )
    made = list(_deliveries(found, rows, following, now=now))
    HookDelivery.objects.bulk_create(made, batch_size=AT_ONCE, ignore_conflicts=True)
    _drop_surplus({one.webhook_id for one in made})


def _following() -> dict[int, Follows]:
    """By webhook."""
    rows = Follower.objects.filter(ended_at=None, webhook__retired_at=None).order_by("pk")
    found = {row.pk: follows_of(row) for row in rows.prefetch_related("teams", "services")}
    return {pk: follows for pk, follows in found.items() if follows.anything}


def follows_of(row: Follower) -> Follows:
    return Follows(
        everything=row.everything,
        teams=frozenset(team.pk for team in row.teams.all()),
        services=frozenset(service.pk for service in row.services.all()),
        events=frozenset(row.events),
    )


def _deliveries(
    entries: Iterable[Entry],
    rows: Mapping[int, Incident],
    following: Mapping[int, Follows],
    *,
    now: datetime,
) -> Iterator[HookDelivery]:
    for entry in entries:
        row = rows.get(entry.subject_id)
        if row is None:
            continue
        service, team = row.service_id, row.service.team_id
        hearing = [pk for pk, one in following.items() if one.hears(entry.verb, service=service, team=team)]
        said = json.dumps(_said(entry, row), ensure_ascii=False) if hearing else ""
        for webhook in hearing:
            yield HookDelivery(
                webhook_id=webhook,
                sequence=entry.pk,
                incident_id=row.pk,
                event=entry.verb,
                at=entry.at,
                said=said,
                created_at=now,
                due_at=now,
            )


def _said(entry: Entry, row: Incident) -> dict[str, Any]:
    """The line, and the incident as it is: perhaps some moments later than the line."""
    service = row.service
    return {
        "because": clean(entry.what, limit=WORDS),
        "why": clean(entry.why, limit=WORDS),
        "by": clean(str(entry.actor or entry.actor_name)),
        "incident": {
            "id": row.pk,
            "reference": f"#{row.pk}",
            "title": clean(row.title),
            "service": clean(service.name),
            "team": clean(service.team.name) if service.team else None,
            "severity": row.severity,
            "urgency": row.urgency,
            "status": row.status,
            "triggered_at": in_utc(row.triggered_at),
            "acknowledged_at": row.acknowledged_at and in_utc(row.acknowledged_at),
            "acknowledged_by": row.acknowledged_by and row.acknowledged_by.username,
            "resolved_at": row.resolved_at and in_utc(row.resolved_at),
            "merged_into": row.merged_into_id,
            "url": f"{settings.PUBLIC_URL}/incidents/{row.pk}",
        },
    }


def _drop_surplus(webhooks: Collection[int]) -> None:
    """Nothing piles up without bound for a server that is down: what is oldest goes."""
    for webhook in sorted(webhooks):
        waiting = HookDelivery.objects.filter(webhook=webhook, state=State.WAITING)
        surplus = waiting.count() - MOST_WAITING
        if surplus > 0:
            Follower.objects.select_for_update(of=("self",)).get(
                pk=webhook
            )  # so that none is claimed meanwhile
            oldest = list(waiting.order_by("pk").values_list("pk", flat=True)[:surplus])
            HookDelivery.objects.filter(pk__in=oldest).delete()
            Follower.objects.filter(pk=webhook).update(dropped=F("dropped") + len(oldest))
            log.warning("events_dropped", webhook=webhook, events=len(oldest), waiting=MOST_WAITING)
