"""Signatures with a shared secret, as Grafana and Sentry make them."""

import hashlib
import hmac
from datetime import datetime, timedelta

from escalation.sources.event import NotGenuine

FRESH = timedelta(minutes=5)


def hmac_of(secret: str, text: bytes) -> str:
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def check_fresh(at: str, now: datetime) -> None:
    """`at` are Unix seconds, at most FRESH away from `now`. Raises NotGenuine."""
    try:
        away = abs(now.timestamp() - float(at))
    except (ValueError, OverflowError):
        raise NotGenuine("the time beside the signature is no time") from None
    if not away <= FRESH.total_seconds():
        raise NotGenuine(f"it was signed more than {FRESH.seconds // 60} minutes ago, or is to come")
