"""What came by routing keys: how much, and when last."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Q, QuerySet, Sum

from escalation.core.rate import Came
from escalation.core.sending import MINUTE, Sending
from escalation.models import KeyMinute, RoutingKey

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def sending(keys: Collection[int], *, now: datetime) -> dict[int, Sending]:
    """Of each of these keys (their ids). One query."""
    this = now.replace(second=0, microsecond=0)
    elapsed = (now - this).total_seconds()
    at_this, before = Q(minute=this), Q(minute=this - MINUTE)
    hour, day = Q(minute__gt=now - HOUR), Q(minute__gt=now - DAY)
    rows = (
        KeyMinute.objects.filter(key__in=keys)
        .values("key")
        .annotate(
            last=Max("last_event_at"),
            this=Sum("events", filter=at_this, default=0),
            before=Sum("events", filter=before, default=0),
            hour=Sum("events", filter=hour, default=0),
            day=Sum("events", filter=day, default=0),
            refused_hour=Sum("refused", filter=hour, default=0),
            refused_day=Sum("refused", filter=day, default=0),
        )
    )
    found = {
        row["key"]: Sending(
            last_event_at=row["last"],
            minute=round(Came(row["this"], row["before"], elapsed).rate),
            hour=row["hour"],
            day=row["day"],
            refused_hour=row["refused_hour"],
            refused_day=row["refused_day"],
        )
        for row in rows
    }
    return {key: found.get(key, Sending()) for key in keys}


@dataclass(frozen=True)
class Minute:
    """Events taken in and posts refused within the minute that begins `at`."""

    at: datetime
    events: int = 0
    refused: int = 0


def minutes(key: int, *, now: datetime, most: int = 60) -> list[Minute]:
    """The last `most` minutes of a key, this one the last. One query."""
    this = now.replace(second=0, microsecond=0)
    rows = KeyMinute.objects.filter(key=key, minute__gt=this - most * MINUTE, minute__lte=this)
    sums = rows.values("minute").annotate(events_=Sum("events"), refused_=Sum("refused"))
    found = {row["minute"]: Minute(row["minute"], row["events_"], row["refused_"]) for row in sums}
    ats = [this - ago * MINUTE for ago in range(most - 1, -1, -1)]
    return [found.get(at, Minute(at)) for at in ats]


def live_keys() -> QuerySet[RoutingKey]:
    """Those that raise alerts, with what a list shows."""
    rows = RoutingKey.objects.filter(revoked_at=None, service__retired_at=None)
    return rows.select_related("service__team").order_by("service__name", "name", "pk")
