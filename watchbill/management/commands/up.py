import argparse
import json
import os
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from django.utils import timezone

from watchbill.environment import near
from watchbill.processes import startup
from watchbill.processes.supervisor import Supervisor
from watchbill.provisioning import demo
from watchbill.provisioning.demo import DemoLogin


class Command(BaseCommand):
    help = "Run everything; an empty database is filled with the demo organisation. Ctrl-C stops it."
    requires_system_checks = ()

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--host", default=settings.ENV.host, help="listen here (HOST, 127.0.0.1)")
        parser.add_argument("--port", type=int, default=settings.ENV.port, help="and here (PORT, 8000)")
        parser.add_argument("--no-demo", action="store_true", help="leave an empty database empty (DEMO=0)")

    def handle(self, *, host: str, port: int, no_demo: bool, **_: Any) -> None:
        _listen_on(host, port)
        reason = startup.port_taken(host, port)
        if reason:
            raise CommandError(
                f"Nothing can listen on {host} port {port} ({reason}); choose another with --port."
            )
        try:
            startup.check_database()
        except OperationalError as fault:
            words = "; ".join(str(fault).split("\n"))
            raise CommandError(
                f"The database does not answer; check DATABASE_URL and the server: {words}"
            ) from None
        mail = settings.MAIL_INTAKE
        if mail.port and (why := startup.port_taken(mail.host, mail.port)):
            self._say(mail.sentence(why))
        login = self._prepare(fill=settings.ENV.demo and not no_demo)
        startup.release_database()
        self._say("Starting ...")
        Supervisor(
            startup.programs(host=host, port=port),
            is_up=lambda: startup.answers(host, port),
            announce=lambda: self._say(greeting(near(host, port), login)),
        ).run()
        self._say("Watchbill has stopped.")

    def _prepare(self, *, fill: bool) -> DemoLogin | None:
        unapplied = startup.unapplied_migrations()
        if unapplied:
            self._say(f"Preparing the database: {unapplied} migrations ...")
            startup.migrate()
        if fill and startup.is_empty():
            self._say("Filling it with the demo organisation ...")
            return demo.fill(now=timezone.now())
        return demo.login()

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _listen_on(host: str, port: int) -> None:
    """What the command line says stands for what the environment says, for all that asks the settings."""
    settings.ENV = replace(settings.ENV, host=host, port=port)
    if not {"PUBLIC_URL", "PUBLIC_URL_FILE"} & set(os.environ):
        settings.PUBLIC_URL = near(host, port)


def greeting(address: str, login: DemoLogin | None) -> str:
    """What a person needs next: where it is, how to get in, how to see it work."""
    public = settings.PUBLIC_URL
    lines = ["", f"Watchbill is up: {public}/"]
    if login is None:
        lines += ["", "  No demo here. `manage.py createsuperuser` makes the first account,"]
        lines += ["  and `manage.py apply FILE` the organisation."]
    else:
        lines += [
            "",
            f"  Sign in as {login.username} with the password {login.password}",
            "",
            "  Page somebody:",
            "",
        ]
        lines += [f"    {line}" for line in curl(address, login.routing_key)]
        if settings.MAIL_INTAKE.port:
            lines += ["", f"  Or by mail, as docs/email.md says: {by_mail(login.routing_key)}"]
        if settings.OUTBOX in settings.PAGING_CHANNELS["sms"]:
            lines += ["", f"  The page appears below, and in the outbox: {public}/admin/paging/attempt/"]
    return "\n".join([*lines, "", "Ctrl-C stops everything.", ""])


def by_mail(routing_key: str) -> str:
    """The address of a key, and who takes mail for it."""
    return f"{routing_key}@{settings.MAIL_INTAKE.domain}, by SMTP to {settings.MAIL_INTAKE.at}"


def curl(address: str, routing_key: str) -> list[str]:
    """Lines to paste into a shell."""
    payload = {"summary": "Checkout answers 500", "source": "shop-1", "severity": "critical"}
    event = json.dumps({"routing_key": routing_key, "event_action": "trigger", "payload": payload})
    return [f"curl -sS {address}/v2/enqueue -H 'Content-Type: application/json' \\", f"  -d '{event}'"]
