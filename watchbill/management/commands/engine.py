from typing import Any

from django.core.management.base import BaseCommand

from watchbill.processes.supervisor import ENDINGS, Signals
from watchbill.ticking.ticker import Ticker


class Command(BaseCommand):
    help = "Decide and send what is due, until SIGTERM. Needs the database alone: no broker, no worker."

    def handle(self, **_: Any) -> None:
        ticker = Ticker()
        with Signals() as signals:
            ticker.start()
            while not signals.wait(60) & ENDINGS:
                pass
            ticker.stop()
