"""That a key is over its limit is itself an alert of its service: events are refused, and whoever sends them
may not send them again.

It is raised by the first refusal, heard of again by each further one, and ends when none came for a while.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import CharField, Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat, Greatest

from escalation.engine.faults import is_outage
from escalation.intake.reacting import Reaction
from escalation.intake.receiving import raise_alert
from escalation.models import Alert, RoutingKey
from escalation.selectors.senders import sending
from escalation.sources.event import Action, Event
from people.ledger.record import ENGINE

PREFIX = "watchbill:over-limit:"
SEVERITY = "SEV-2"
LASTS = timedelta(minutes=10)
"""Without a refusal for so long it is over."""
BATCH = 50
log = structlog.get_logger(__name__)


def keep_raised(key: RoutingKey, *, limit: int, now: datetime) -> None:
    """Something of this key was refused at `now` for its limit. One statement where that is known already.

    Who resolves it by hand has seen it: the next alert comes after LASTS, if it still goes on by then.
    """
    of_key = Alert.objects.filter(service=key.service_id, dedup_key=_dedup_key(key.pk))
    if of_key.filter(status=Alert.Status.OPEN).update(last_event_at=Greatest(F("last_event_at"), Value(now))):
        return
    by_hand = of_key.filter(resolved_at__gt=now - LASTS, incident__resolved_by__isnull=False)
    if not by_hand.exists():
        raise_alert(service=key.service, event=_event(key, limit, now), by=ENGINE, now=now)


def end_over_limit(*, clock: Callable[[], datetime], limit: int = BATCH) -> int:
    """Resolve the alerts of keys of which nothing was refused for LASTS, at most `limit`. Returns how many:
    ask again until it is 0. Whoever runs it twice does it once.
    """
    due = _over(clock()).order_by("last_event_at", "pk").values_list("pk", flat=True)[:limit]
    return sum(_end(pk, clock) for pk in list(due))


def over_limit_now() -> QuerySet[RoutingKey]:
    """The keys of which such an alert of their own service is open: a sender may call its own alert so."""
    named = Concat(Value(PREFIX), Cast(OuterRef("pk"), CharField()))
    raised = Alert.objects.filter(status=Alert.Status.OPEN, service=OuterRef("service"), dedup_key=named)
    live = RoutingKey.objects.filter(Exists(raised), revoked_at=None)
    return live.select_related("service").order_by("pk")


def _end(pk: int, clock: Callable[[], datetime]) -> int:
    try:
        return _end_one(pk, clock())
    except Exception as fault:
        if is_outage(fault):
            raise
        log.exception("over_limit_not_ended", alert=pk, effect=f"looked at again in {LASTS}")
        Alert.objects.filter(pk=pk).update(last_event_at=clock())
        return 0


@transaction.atomic
def _end_one(pk: int, now: datetime) -> int:
    """A refusal that comes meanwhile waits for the lock, finds no open alert, and raises a new one."""
    row = _over(now).select_for_update(of=("self",), skip_locked=True).select_related("service").filter(pk=pk)
    alert = row.first()
    if alert is None:
        return 0
    over = Event(action=Action.RESOLVE, dedup_key=alert.dedup_key)
    Reaction(alert.service, by=ENGINE, now=now).to([over])
    return 1


def _over(now: datetime) -> QuerySet[Alert]:
    raised = Alert.objects.filter(status=Alert.Status.OPEN, dedup_key__startswith=PREFIX)
    return raised.filter(last_event_at__lte=now - LASTS)


def _dedup_key(key: int) -> str:
    return f"{PREFIX}{key}"


def _event(key: RoutingKey, limit: int, now: datetime) -> Event:
    sent = sending([key.pk], now=now)[key.pk]
    page = f"{settings.PUBLIC_URL}/admin/escalation/routingkey/{key.pk}/change/"
    return Event(
        action=Action.TRIGGER,
        dedup_key=_dedup_key(key.pk),
        summary=f"Routing key {key.name} of {key.service} is over its limit of {limit:,} events a minute: "
        "what is more is refused, and lost unless its sender sends it again",
        severity=SEVERITY,
        source="Watchbill",
        labels={"routing_key": key.name},
        links=(("what the key sends", page),),
        payload={"limit": limit, "last_minute": sent.minute, "last_hour": sent.hour},
        began_at=now,
        alone=True,
    )
