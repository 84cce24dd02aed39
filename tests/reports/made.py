"""A team with a night of pages behind it, and a worker that makes its reports and mails them.

Ana's week began Monday 2 March 2026 9:00 UTC; on Tuesday she was paged at 2:00 and at 3:00, and acknowledged;
both were over at once. Reports are the team's, whose clock is UTC; Mia manages it.
"""

from datetime import timedelta

from escalation.sources.event import Action
from tests.world import MONDAY, World
from watchbill.reports.actions import due, sending
from watchbill.reports.models import StoredReport

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
NEXT = MONDAY + WEEK
"""Monday 9 March, 9:00: the report of the days from 2 to 8 March is due, and Ana's week ends."""


class Team(World):
    def __init__(self) -> None:
        super().__init__(now=MONDAY)
        self.keep()
        self.now = MONDAY + 17 * HOUR
        for key in ("disk", "load"):
            incident = self.alert(key)
            self.tick()
            self.acknowledge(incident, self.ana)
            self.alert(key, action=Action.RESOLVE)
            self.now += HOUR

    def keep(self) -> int:
        made = due.make_due(clock=lambda: self.now)
        sending.send_due(clock=lambda: self.now)
        return made

    def at(self, moment) -> "Team":
        self.now = moment
        self.keep()
        return self

    def kept(self, kind: str = "weekly") -> list[StoredReport]:
        return list(StoredReport.objects.filter(kind=kind).order_by("until", "pk"))
