"""Checks of the way in for alerts by mail."""

import smtplib
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings

from oncall.core.finding import Finding, warning
from watchbill.environment import ANY

SECONDS = 3.0


def mail_listener(now: datetime) -> Iterator[Finding]:
    """Who has it set up relies on it; by default it listens for whoever tries it out."""
    intake = settings.MAIL_INTAKE
    if not intake.is_chosen:
        return
    try:
        with smtplib.SMTP(ANY.get(intake.host, intake.host), intake.port, timeout=SECONDS) as server:
            server.noop()
    except (OSError, smtplib.SMTPException) as fault:
        why = getattr(fault, "strerror", None) or str(fault) or type(fault).__name__
        yield warning(
            f"Nothing takes alerts by mail on {intake.at} (MAIL_LISTEN): {why}.",
            "Start `make up` or `manage.py mail`; where another program has that port, set MAIL_LISTEN.",
        )


CHECKS = (mail_listener,)
