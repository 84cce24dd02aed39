"""What comes in by a key: one event, or a post of thousands."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache

from django.db import transaction
from prometheus_client import Counter

from escalation.intake import at_once, guessing, limits
from escalation.intake.evenly import evenly
from escalation.intake.keys import LONG_AGO, Known, UnknownKey, service_key
from escalation.intake.limits import OverLimit
from escalation.intake.reacting import Reaction
from escalation.intake.routing import destinations
from escalation.intake.seen import is_seen, note_seen
from escalation.models import Alert, ChangeEvent, Incident, RoutingKey, Service
from escalation.sources.event import Action, Change, Event, NotGenuine
from people import metrics
from people.ledger.record import Actor

BATCH = 50
"""Events in one transaction. What one of them opens is paged once all of them are written."""


NOBODYS = "0" * 32
"""In the place of the secret that an unknown key has not: as much is reckoned for it, in as much time."""

Proof = Callable[[str], str]
"""Of a key's secret, empty where it has none: the mark by which this post is known again, empty for one that
may come twice. Raises NotGenuine where that secret did not sign it.
"""


class Replayed(Exception):
    """The very same post was taken in before."""


def unsigned(secret: str) -> str:
    """What is not signed needs a key without a secret."""
    if secret:
        raise NotGenuine("it is not signed, and this key takes only what is")
    return ""


def receive(*, key: str, events: Sequence[Event], source: str, now: datetime, proof: Proof = unsigned) -> int:
    """Take in what one post said; all of it is durable when this returns. Returns the number of new
    incidents. Raises UnknownKey, also of a post that is not signed as its key demands, and Replayed, with
    nothing written; and OverLimit, with what it ends or acknowledges written: that is never too much.

    A post of thousands is written in batches, so that it does not keep every other sender waiting; a
    sender that hears of a fault in between sends all of it again, and what is there already only counts.
    Alerts are touched in the order of their keys, so that two posts that name the same alerts never wait
    for each other in a circle.
    """
    known, mark = _admitted(key, proof, source, now=now, repeat=_one_to_repeat(events, proof))
    _guess(key, events)
    if known.repeated:
        _count(events, source)
        return 0
    row = known.row
    if mark and is_seen(mark, key=row):
        raise Replayed
    try:
        limits.check(row, known.came)
    except OverLimit:
        _take_in(known, [event for event in events if event.action is not Action.TRIGGER], source, now=now)
        if any(event.action is Action.TRIGGER for event in events):
            raise
        opened = 0
    else:
        opened = _take_in(known, events, source, now=now)
    if mark:
        note_seen(mark, key=row, now=now)
    return opened


def _take_in(known: Known, events: Sequence[Event], source: str, *, now: datetime) -> int:
    """Returns the number of new incidents."""
    _count(events, source)
    key = known.row
    by = Actor(f"{key.name} ({source})")
    if at_once.may(key.service, events):
        opened = at_once.take(known, events[0], by=by, now=now)
        if opened is not None:
            return opened
    ordered = sorted(events, key=lambda event: (event.whole_group, event.dedup_key))
    return sum(
        _receive_batch(key, ordered[first : first + BATCH], by=by, now=now)
        for first in range(0, len(ordered), BATCH)
    )


def _guess(key: str, events: Sequence[Event]) -> None:
    """What the next event of the same alert will find."""
    for event in events:
        if event.action is Action.TRIGGER:
            guessing.now_open(key, event.dedup_key)
        elif event.action is Action.RESOLVE:
            guessing.now_over(key, event.dedup_key)


def _count(events: Sequence[Event], source: str) -> None:
    """For `/metrics`: what is taken in, and nothing of what is refused."""
    for event in events:
        _counter(source, event.action.value).inc()


@cache
def _counter(source: str, action: str) -> Counter:
    return metrics.EVENTS.labels(source=source, action=action)


def unsigned_key(key: str, *, source: str) -> RoutingKey:
    """The live routing key with this value, for a sender that does not sign. Raises UnknownKey, also for one
    that takes only what is signed.
    """
    return _admitted(key, unsigned, source)[0].row


def _one_to_repeat(events: Sequence[Event], proof: Proof) -> Event | None:
    """What may be no more than one more event of an open alert, in a post that may come twice."""
    if len(events) != 1 or events[0].action is not Action.TRIGGER:
        return None
    with suppress(NotGenuine):
        return None if proof("") else events[0]
    return None


@evenly()
def _admitted(
    key: str, proof: Proof, source: str, *, now: datetime = LONG_AGO, repeat: Event | None = None
) -> tuple[Known, str]:
    """The routing key, and the mark of what was posted with it. Whoever has no key, and whoever has one and
    not its secret, hears the same, after the same work; which it was is noted later (refusals.py).
    """
    try:
        found = service_key(key, now=now, repeat=repeat, source=source)
    except UnknownKey:
        with suppress(NotGenuine):
            proof(NOBODYS)
        raise
    if found.repeated:
        return found, ""
    try:
        return found, proof(found.secret)
    except NotGenuine as fault:
        raise UnknownKey from fault


@transaction.atomic
def _receive_batch(key: RoutingKey, events: Sequence[Event], *, by: Actor, now: datetime) -> int:
    routed = [
        (Reaction(service, by=by, now=now), some) for service, some in destinations(key.service, events)
    ]
    for reaction, _ in routed:
        reaction.hold()
    opened = sum(reaction.to(wave) for reaction, some in routed for wave in _waves(some))
    limits.count_in(key, len(events), now=now)
    return opened


@transaction.atomic
def raise_alert(*, service: Service, event: Event, by: Actor, now: datetime) -> Incident:
    """The incident of an alert that no sender with a key raised; of one raised already, the same."""
    Reaction(service, by=by, now=now).to([event])
    return Incident.objects.get(
        alerts__service=service, alerts__dedup_key=event.dedup_key, alerts__status=Alert.Status.OPEN
    )


@transaction.atomic
def receive_change(*, key: str, change: Change, now: datetime) -> None:
    """Keep a change event. Raises UnknownKey, also where the key takes only what is signed, and OverLimit."""
    known, _ = _admitted(key, unsigned, "pagerduty", now=now)
    limits.check(known.row, known.came)
    ChangeEvent.objects.create(
        service=known.row.service,
        at=change.at or now,
        received_at=now,
        summary=change.summary,
        source=change.source,
        payload=dict(change.payload),
    )
    limits.count_in(known.row, 1, now=now)


def _waves(events: Sequence[Event]) -> Iterator[list[Event]]:
    """The first event of each key, then the second of each, and so on; those about whole groups last."""
    turns: dict[str, int] = {}
    waves: defaultdict[int, list[Event]] = defaultdict(list)
    for event in events:
        if not event.whole_group:
            turns[event.dedup_key] = turns.get(event.dedup_key, -1) + 1
            waves[turns[event.dedup_key]].append(event)
    yield from waves.values()
    yield from ([event] for event in events if event.whole_group)
