"""Senders that nobody hears: what they post is refused."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings

from escalation.core.sending import limit_of
from escalation.intake import over_limit_now
from escalation.models import KeyMinute, LastPost
from escalation.selectors.senders import live_keys, sending
from oncall.core.finding import Finding, error, warning

HOUR = timedelta(hours=1)
RAISE_IT = "Let its sender group or send less, or raise the limit on the key's page in the admin."


def over_their_limit(now: datetime) -> Iterator[Finding]:
    for key in over_limit_now():
        limit = limit_of(key.events_per_minute, site=settings.EVENTS_PER_MINUTE)
        yield error(
            f"Routing key {key} is over its limit of {limit:,} events a minute: what is more is refused, and "
            "pages nobody unless it is sent again.",
            RAISE_IT,
        )


def all_refused(now: datetime) -> Iterator[Finding]:
    """A sender that is set up wrongly. One that was heard within the day may only have tried something."""
    minutes = KeyMinute.objects.filter(minute__gt=now - HOUR, refused__gt=0)
    keys = live_keys().filter(pk__in=minutes.values("key"))
    found = sending([key.pk for key in keys], now=now)
    posts = LastPost.objects.filter(outcome=LastPost.Outcome.REFUSED, key__in=keys)
    why = {post.key_id: f"{post.source}, {post.status}: {post.why[:300]}" for post in posts}
    for key in keys:
        sent = found[key.pk]
        if sent.is_all_refused:
            level = warning if sent.day else error
            yield level(
                f"All that came by routing key {key} within the last hour was refused ({sent.refused_hour:,} "
                f"posts): it pages nobody. The last one ({why.get(key.pk, 'not kept')})",
                "See the key's page in the admin.",
            )


CHECKS = (over_their_limit, all_refused)
