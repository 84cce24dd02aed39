"""`manage.py doctor`: what would fail tonight. Exit 1 if anything would."""

import json
from argparse import ArgumentParser
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError
from django.utils import timezone

from oncall.core.finding import Finding, Level, error
from watchbill.doctor import (
    followers,
    handoffs,
    heartbeats,
    load,
    mail,
    pay,
    people,
    quiet,
    roster,
    routing,
    rules,
    senders,
    site,
)

MARKS = {Level.ERROR: "✗", Level.WARNING: "!"}


class Command(BaseCommand):
    help = "What would fail tonight; exit 1 if anything would."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", default="text", choices=("text", "json"))

    def handle(self, *args: Any, **options: Any) -> None:
        findings = self._findings()
        if options["format"] == "json":
            rows = [found.to_json() for found in findings]
            self.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False))
        else:
            self._say(findings)
        if any(found.level is Level.ERROR for found in findings):
            raise SystemExit(1)

    @staticmethod
    def _findings() -> list[Finding]:
        now = timezone.now()
        try:
            checks = (
                *site.CHECKS,
                *mail.CHECKS,
                *roster.CHECKS,
                *heartbeats.CHECKS,
                *senders.CHECKS,
                *load.CHECKS,
                *rules.CHECKS,
                *routing.CHECKS,
                *followers.CHECKS,
                *people.CHECKS,
                *handoffs.CHECKS,
                *quiet.CHECKS,
                *pay.CHECKS,
            )
            return [finding for check in checks for finding in _found_by(check, now)]
        except DatabaseError as fault:
            return [error(f"The database cannot be asked: {str(fault).strip()}.", "Run manage.py migrate.")]

    def _say(self, findings: list[Finding]) -> None:
        for found in sorted(findings, key=lambda found: found.level is not Level.ERROR):
            self.stdout.write(f"{MARKS[found.level]} {found.what}" + (f" {found.mend}" if found.mend else ""))
        errors = sum(found.level is Level.ERROR for found in findings)
        warnings = _counted(len(findings) - errors, "warning")
        if errors:
            self.stdout.write(f"{_counted(errors, 'thing')} would fail tonight; {warnings}.")
        else:
            leaves = settings.ENV.email_configured or settings.ENV.sms_configured
            but = "" if leaves else ", but without a provider nothing leaves this machine"
            self.stdout.write(f"Nothing would fail tonight{but}; {warnings}.")


def _found_by(check: Callable[[datetime], Iterable[Finding]], now: datetime) -> list[Finding]:
    """One that fails is a finding, too, and keeps no other from being said."""
    try:
        return list(check(now))
    except DatabaseError:
        raise
    except Exception as fault:  # noqa: BLE001 - whatever it is, it is said
        return [error(f"The check “{check.__name__}” failed: {fault}", "What it looks at cannot be read.")]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
