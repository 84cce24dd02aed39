"""Whether the broker answers, asked so that a broker that hangs costs the asker little."""

from typing import Any

from django.conf import settings

from watchbill.celery import app

EMBEDDED, OK, UNREACHABLE = "embedded", "ok", "unreachable"

PATIENCE: dict[str, Any] = {"socket_timeout": 0.4, "socket_connect_timeout": 0.4}
"""Seconds, and it is asked twice. A broker that answers does so within milliseconds. Who sends a nudge may
wait the 5 s of the settings, since nobody waits for the nudge; who asks `/readyz` often gives up after 1 s,
and would hear nothing of what is well.
"""


def state() -> str:
    """`EMBEDDED` where there is none beside the web, else `OK` or `UNREACHABLE`, within about a second."""
    if settings.EMBEDDED:
        return EMBEDDED
    try:
        with app.connection_for_write(settings.CELERY_BROKER_URL, transport_options=PATIENCE) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=1)
    except Exception:  # noqa: BLE001 - whatever the broker's driver raises, it is unreachable
        return UNREACHABLE
    return OK
