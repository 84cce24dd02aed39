"""Signed posts that were taken in, so that a copy of one is refused."""

import hashlib
from datetime import datetime, timedelta

from escalation.models import RoutingKey, SeenPost

FORGOTTEN_AFTER = timedelta(days=30)


def is_seen(mark: str, *, key: RoutingKey) -> bool:
    return SeenPost.objects.filter(digest=_digest(mark, key)).exists()


def note_seen(mark: str, *, key: RoutingKey, now: datetime) -> None:
    """Once all of the post is durable: one that failed half-way may be sent again."""
    SeenPost.objects.bulk_create([SeenPost(digest=_digest(mark, key), seen_at=now)], ignore_conflicts=True)


def forget_posts(*, now: datetime) -> int:
    """Those of long ago. Returns how many."""
    return SeenPost.objects.filter(seen_at__lt=now - FORGOTTEN_AFTER).delete()[0]


def _digest(mark: str, key: RoutingKey) -> str:
    return hashlib.sha256(f"{key.pk}:{mark}".encode()).hexdigest()
