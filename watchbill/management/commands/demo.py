import sqlite3
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from watchbill.processes import startup
from watchbill.provisioning import demo


class Command(BaseCommand):
    help = "Begin again: a fresh SQLite database below var/ with the demo organisation."
    requires_system_checks = ()

    def handle(self, **_: Any) -> None:
        file = startup.database_file()
        if file is None or settings.VAR_DIR not in file.parents:
            raise CommandError(
                f"DATABASE_URL names a database that is not below {settings.VAR_DIR}, and such a one is "
                "never replaced; run this without DATABASE_URL."
            )
        try:
            aside = startup.set_aside(file)
        except sqlite3.OperationalError as fault:
            raise CommandError(f"{file} cannot be replaced ({fault}); stop Watchbill first.") from None
        if aside:
            self.stdout.write(f"The database so far is kept as {aside}.")
        self.stdout.write(f"Making {file} with the demo organisation ...")
        startup.migrate()
        login = demo.fill(now=timezone.now())
        self.stdout.write(f"Done. Sign in as {login.username} with the password {login.password}.")
