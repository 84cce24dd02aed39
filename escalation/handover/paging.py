"""Sections: what paged the outgoing person, and which alerts do so for nothing."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.db.models import Q

from escalation.core.cause import incident_in
from escalation.handover.incidents import muted, ruled
from escalation.handover.lines import Item, clipped, listed, times
from escalation.handover.scope import Scope
from escalation.models import Alert

OFTEN = 3
SHORT = timedelta(minutes=5)
MOST_ALERTS = 5000
"""So many alerts of a shift are looked at, the newest ones: enough to find the noisy ones among them."""


def pages(scope: Scope) -> Sequence[Item]:
    """By incident title and urgency, the most frequent first."""
    counts = Counter((one.title, one.urgency) for one in scope.paged)
    causes: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in scope.paged:
        causes[one.title, one.urgency].add(one.cause)

    def say(row: tuple[tuple[str, str], int]) -> Item:
        (title, urgency), count = row
        incidents = causes[title, urgency]
        path = _path(next(iter(incidents))) if len(incidents) == 1 else ""
        return Item(text=f"{clipped(title, 300)}: paged {times(count)}, {urgency} urgency", path=path)

    return listed(counts.most_common(), say, total=len(counts))


def noise(scope: Scope) -> Sequence[Item]:
    """Keys that paged often, came back, or went away by themselves; then what is muted, and by what rules."""
    noisy = [Item(text=clipped(f"{key}: {', '.join(why)}")) for key, why in _noisy(scope)]
    found = [*noisy, *muted(scope), *ruled(scope)]
    return listed(found, lambda item: item, total=len(found))


def _noisy(scope: Scope) -> Iterator[tuple[str, list[str]]]:
    paged = Counter(incident_in(one.cause) for one in scope.paged)
    by_key: dict[tuple[int, str], list[Alert]] = defaultdict(list)
    for alert in _alerts(scope, [pk for pk in paged if pk is not None]):
        by_key[alert.service_id, alert.dedup_key].append(alert)
    for (_, key), alerts in sorted(by_key.items(), key=lambda row: row[0][1]):
        count = sum(paged[pk] for pk in {alert.incident_id for alert in alerts})
        recurred = sum(_recurred(alert, scope) for alert in alerts)
        alone = sum(map(_went_alone, alerts))
        why = [f"paged {times(count)}"] if count >= OFTEN else []
        why += [f"came back {times(recurred)}"] if recurred else []
        why += [f"went away by itself within 5 minutes {times(alone)}"] if alone else []
        if why:
            yield clipped(key, 200), why


def _alerts(scope: Scope, paged: Sequence[int]) -> Sequence[Alert]:
    began = Q(first_event_at__gte=scope.began, first_event_at__lt=scope.until)
    rows = Alert.objects.filter(began | Q(incident__in=paged), service__in=scope.services)
    only = ("service", "dedup_key", "first_event_at", "resolved_at", "incident__recurred")
    rows = rows.select_related("incident").only(*only, "incident__triggered_at", "incident__acknowledged_at")
    return list(rows.order_by("-first_event_at", "-pk")[:MOST_ALERTS])


def _recurred(alert: Alert, scope: Scope) -> bool:
    incident = alert.incident
    return incident is not None and incident.recurred and incident.triggered_at >= scope.began


def _went_alone(alert: Alert) -> bool:
    unseen = alert.incident is not None and alert.incident.acknowledged_at is None
    return unseen and alert.resolved_at is not None and alert.resolved_at - alert.first_event_at <= SHORT


def _path(cause: str) -> str:
    number = incident_in(cause)
    return "" if number is None else f"/incidents/{number}"
