"""A word to somebody outside, for as long as this process does its work: who watches the watcher."""

import http.client
import urllib.error
import urllib.request

import structlog

EVERY = 60.0
TIMEOUT = 8.0
log = structlog.get_logger(__name__)


def ping(url: str) -> bool:
    """Ask for `url` once. Its failure is logged, without the address: that is often a secret."""
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:  # noqa: S310 - checked in watchbill.environment
            answer.read(1)
    except (OSError, http.client.HTTPException) as fault:
        reason = fault.code if isinstance(fault, urllib.error.HTTPError) else type(fault).__name__
        log.warning("heartbeat_failed", reason=reason)
        return False
    return True
