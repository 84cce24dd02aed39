"""What was refused of each key within each minute, beside what was taken in; and how that is forgotten."""

from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q

from escalation.models import KeyMinute, RoutingKey

KEPT = timedelta(days=2)
BATCH = 500
SHARD = 100
"""A row of its own, for which nobody who takes an event in has to wait."""


def count_refused(key: RoutingKey, *, posts: int, minute: datetime) -> None:
    rows = KeyMinute.objects.filter(key=key, minute=minute, shard=SHARD)
    if not rows.update(refused=F("refused") + posts):
        KeyMinute.objects.bulk_create([KeyMinute(key=key, minute=minute, shard=SHARD)], ignore_conflicts=True)
        rows.update(refused=F("refused") + posts)


def forget_minutes(*, now: datetime, limit: int = BATCH) -> int:
    """Minutes of long ago, at most `limit` rows. Of a key that has sent nothing since, its last one stays: it
    says when that was. Returns how many went: ask again until it is 0.
    """
    later = KeyMinute.objects.filter(
        key=OuterRef("key"), minute__gt=OuterRef("minute"), last_event_at__isnull=False
    )
    old = KeyMinute.objects.filter(Q(last_event_at=None) | Exists(later), minute__lt=now - KEPT)
    gone = list(old.order_by("minute", "pk").values_list("pk", flat=True)[:limit])
    return KeyMinute.objects.filter(pk__in=gone).delete()[0] if gone else 0
