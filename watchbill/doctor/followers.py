"""Webhooks that follow incidents, and hear of none any more."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from escalation.actions.following import standing
from escalation.models import Follower
from oncall.core.finding import Finding, warning

A_WHILE = timedelta(hours=1)


def followers(now: datetime) -> Iterator[Finding]:
    """Nobody is paged the less for it; but somebody may believe that a status page says what is so."""
    rows = (
        Follower.objects.filter(webhook__retired_at=None).select_related("webhook").order_by("webhook__name")
    )
    for row in rows:
        fails = row.failing_since is not None and now - row.failing_since >= A_WHILE
        if row.ended_at is not None or fails:
            yield warning(
                f"Webhook {row.webhook}: {standing(row)}.",
                "Mend its server; on the webhook's page it is let follow again, and sent what it missed.",
            )


CHECKS = (followers,)
