from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from watchbill.processes.mail import Listener
from watchbill.processes.supervisor import ENDINGS, Signals


class Command(BaseCommand):
    help = "Take alerts by mail on MAIL_LISTEN, until SIGTERM (docs/email.md). Needs the database alone."

    def handle(self, **_: Any) -> None:
        if not settings.MAIL_INTAKE.port:
            raise CommandError("MAIL_LISTEN is off; set it to where to listen, such as 127.0.0.1:2525.")
        listener = Listener(settings.MAIL_INTAKE)
        with Signals() as signals:
            listener.start()
            while not signals.wait(60) & ENDINGS:
                pass
            listener.stop()
