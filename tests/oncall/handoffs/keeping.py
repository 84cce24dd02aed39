"""The world with a keeper of handoffs, and what its people were told."""

from datetime import datetime, timedelta

from oncall import actions, handoffs
from oncall.core.definition import Definition
from oncall.models import Handoff
from paging.models import Page
from people.ledger.models import Entry
from tests.world import TESTS, World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Kept(World):
    """Ana and Bo take weeks from Monday 09:00 UTC; it is Monday 2 March 10:00, and Ana is on."""

    def keep(self, now: datetime | None = None) -> "Kept":
        self.now = now or self.now
        while handoffs.run_due(clock=lambda: self.now):
            pass
        return self

    def live(self, until: datetime) -> "Kept":
        """Let time pass with a keeper that looks whenever something is due."""
        self.keep()
        while (due := self._due()) is not None and due <= until:
            self.keep(max(due, self.now))
        return self.keep(until)

    def _due(self) -> datetime | None:
        rows = type(self.schedule).objects.filter(wake_at__isnull=False).order_by("wake_at")
        return rows.values_list("wake_at", flat=True).first()

    def told(self, *runs: str) -> list[tuple[str, str, str]]:
        """What was told: (when, to whom, which occasion), in order."""
        rows = (
            Page.objects.filter(cause__startswith="handoff:")
            .select_related("user")
            .order_by("created_at", "pk")
        )
        return [
            (f"{row.created_at:%d %H:%M}", row.user.username, row.run)
            for row in rows
            if not runs or row.run.partition(":")[0] in runs
        ]

    def notice(self, user, run: str) -> dict:
        return Page.objects.filter(user=user, run=run).latest("pk").facts

    def recorded(self) -> list[tuple[str, str, list[int], list[int]]]:
        """The ledger's record: (role, when, outgoing, incoming)."""
        rows = Entry.objects.filter(verb="handoff.happened").order_by("data__at", "pk")
        return [
            (row.data["role"], row.data["at"], row.data["outgoing"], row.data["incoming"]) for row in rows
        ]

    def cover(self, user, start: datetime, end: datetime, **more):
        wanted = {"schedule": self.schedule, "role": "primary"} | more
        return actions.add_override(user=user, start=start, end=end, by=TESTS, now=self.now, **wanted)

    def only_primary(self, *participants: int, length: str = "1w", start: str = "2026-01-05T09:00"):
        """Let the schedule have one role, of these people."""
        layer = {"name": "Turns", "participants": list(participants), "start": start, "shift_length": length}
        actions.new_version(
            schedule=self.schedule,
            time_zone="UTC",
            holidays="",
            definition=Definition.from_json({"roles": {"primary": {"layers": [layer]}}}),
            by=TESTS,
            now=self.now,
        )
        return self

    def handoff(self, at: datetime, role: str = "primary") -> Handoff:
        return Handoff.objects.get(schedule=self.schedule, role=role, at=at)
