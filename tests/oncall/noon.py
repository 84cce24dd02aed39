"""A schedule as small as can be: Ana is on at noon, and the others could help."""

from datetime import UTC, datetime, timedelta

from oncall import actions
from oncall.core.definition import Definition
from oncall.selectors import final_shifts
from people.ledger.record import Actor
from people.models import Membership, User
from tests.world import TESTS, World

TODAY = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Noon(World):
    """Ana is on every day from 12 to 15; Bo, Cy and Mia could help."""

    def __init__(self, *, wide=False):
        super().__init__(now=TODAY + 8 * HOUR)
        actions.retire_schedule(schedule=self.schedule, by=TESTS, now=self.now)
        self.cy = self.person("cy", "Cy Moss")
        Membership.objects.create(team=self.team, user=self.cy, role="responder")
        layer = {
            "name": "Daily",
            "participants": [[self.ana.pk]],
            "start": "2026-03-01T12:00",
            "shift_length": "1d",
        }
        if not wide:
            layer["restrictions"] = [
                {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "start": "12:00", "end": "15:00"}
            ]
        self.noon = actions.create_schedule(
            name="Noon",
            team=self.team,
            time_zone="UTC",
            holidays="",
            definition=Definition.from_json({"roles": {"primary": {"layers": [layer]}}}),
            by=TESTS,
            now=self.now,
        )

    def ask(self, start, end, *, day=1, giver=None, **more):
        asked = {
            "schedule": self.noon,
            "role": "primary",
            "giver": giver or self.ana,
            "start": TODAY + day * DAY + start * HOUR,
            "end": TODAY + day * DAY + end * HOUR,
            "by": TESTS,
            "now": self.now,
        }
        return actions.ask_swap(**asked | more)

    def take(self, swap, taker=None):
        taker = taker or self.bo
        return actions.take_swap(swap=swap, taker=taker, by=Actor.person(taker), now=self.now)

    def override(self, kind, user, start, end, *, day=1, **more):
        given = {
            "schedule": self.noon,
            "role": "primary",
            "kind": kind,
            "user": user,
            "start": TODAY + day * DAY + start * HOUR,
            "end": TODAY + day * DAY + end * HOUR,
            "by": TESTS,
            "now": self.now,
        }
        return actions.add_override(**given | more)

    def on(self, *, day=1, days=1):
        """“ana 12-13”: who is on that day, without the gaps, touching pieces of one person as one."""
        since = TODAY + day * DAY
        told = []
        for shift in final_shifts(self.noon, since=since, until=since + days * DAY):
            if shift.user is None:
                continue
            name = User.objects.get(pk=shift.user).username
            start, end = ((at - since) / HOUR for at in (shift.start, shift.end))
            if told and told[-1][0] == name and told[-1][2] == start:
                told[-1][2] = end
            else:
                told.append([name, start, end])
        return [f"{name} {start:g}-{end:g}" for name, start, end in told]
