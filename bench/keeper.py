"""What the keeper costs on PostgreSQL: a look at one schedule, a pass over a thousand, and being idle.

    .venv/bin/python bench/keeper.py [schedules]

In a database of its own. `cpu` is this process's own share of the time; the rest is the database's.
"""

import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter, process_time

import django
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "watchbill.settings")
django.setup()

from oncall import actions as oncall
from oncall import handoffs
from oncall.core.definition import Definition
from oncall.models import Schedule
from people import actions as people
from people.ledger.record import Actor
from tests import servers
from watchbill.ticking import keeper

BEGAN = datetime(2026, 3, 2, 10, tzinfo=UTC)  # a Monday, an hour after everybody's handoff
BY = Actor("bench")
WEEK, QUARTER = timedelta(weeks=1), timedelta(minutes=15)
LOOKS = 30
ROUNDS = 50
FAR = datetime(2100, 1, 1, tzinfo=UTC)


def organisation(schedules: int) -> None:
    """Schedules of two roles and four people each, of one team; half as many people as schedules."""
    users = [
        people.create_user(username=f"user{number}", by=BY, now=BEGAN).pk
        for number in range(max(schedules // 2, 4))
    ]
    team = people.create_team(name="Bench", by=BY, now=BEGAN)
    for number in range(schedules):
        four = [[users[(number + place) % len(users)]] for place in range(4)]
        layer = {"name": "Weekly", "participants": four, "start": "2026-01-05T09:00", "shift_length": "1w"}
        follows = {"follows": "primary", "layer": "Weekly", "offset": 1}
        said = Definition.from_json({"roles": {"primary": {"layers": [layer]}, "secondary": follows}})
        oncall.create_schedule(
            name=f"Schedule {number:04}",
            team=team,
            time_zone="UTC",
            holidays="",
            definition=said,
            by=BY,
            now=BEGAN,
        )


def measured(name: str, work: Callable[[], object], *, of: int) -> None:
    begun, cpu = perf_counter(), process_time()
    work()
    took, cpu = perf_counter() - begun, process_time() - cpu
    print(f"{name:<44} {took:7.2f} s   cpu {cpu:7.2f} s   {took * 1000 / of:7.2f} ms each", flush=True)


def a_look(name: str, at: datetime) -> None:
    """The first schedules, each looked at once, at that instant."""
    taken = []
    for pk in list(Schedule.objects.order_by("pk").values_list("pk", flat=True)[: LOOKS + 1]):
        Schedule.objects.filter(pk=pk).update(wake_at=BEGAN)
        begun = perf_counter()
        with CaptureQueriesContext(connection) as asked:
            look(at, limit=1)
        taken.append((perf_counter() - begun) * 1000)
    p50 = statistics.median(taken[1:])
    print(
        f"{name:<44} p50 {p50:6.2f} ms   max {max(taken[1:]):6.2f} ms   {len(asked)} statements", flush=True
    )


def look(at: datetime, *, limit: int) -> int:
    return handoffs.run_due(clock=lambda: at, limit=limit)


def passed(name: str, at: datetime) -> None:
    count = Schedule.objects.update(wake_at=BEGAN)
    measured(f"{name}, {count} schedules", lambda: look(at, limit=count), of=count)
    Schedule.objects.update(wake_at=FAR)


def _never() -> bool:
    return False


def idle() -> None:
    """What the chores ask and take each second while nothing is due, after they have done what was."""
    for name, chore in keeper.CHORES.items():
        measured(f"chore {name}, what there was", partial(chore, _never), of=1)
    total = 0.0
    for name, chore in keeper.CHORES.items():
        with CaptureQueriesContext(connection) as asked:
            chore(_never)
        begun, cpu = perf_counter(), process_time()
        for _ in range(ROUNDS):
            chore(_never)
        took, cpu = (perf_counter() - begun) / ROUNDS, (process_time() - cpu) / ROUNDS
        total += cpu / keeper.EVERY
        print(
            f"chore {name:<12} idle {took * 1000:7.2f} ms   cpu {cpu * 1000:6.2f} ms   "
            f"{len(asked) / keeper.EVERY:4.1f} statements a second",
            flush=True,
        )
    print(f"all chores, idle: cpu {total * 1000:.2f} ms a second, {total:.2%} of a core")


def inside(schedules: int) -> None:
    call_command("migrate", verbosity=0)
    measured("(making the schedules)", lambda: organisation(schedules), of=schedules)
    passed("first look", BEGAN)
    a_look("one look, nothing happened", BEGAN + QUARTER)
    passed("a pass, nothing happened", BEGAN + 2 * QUARTER)
    a_look("one look, two handoffs", BEGAN + WEEK)
    passed("a pass, two handoffs each", BEGAN + 2 * WEEK)
    idle()


def main(schedules: str = "1000") -> None:
    with servers.own_database() as database:
        environment = os.environ | {"DATABASE_URL": database}
        command = [sys.executable, __file__, "inside", schedules]
        subprocess.run(command, env=environment, cwd=ROOT, check=True)  # noqa: S603 - this very file


if __name__ == "__main__":
    if sys.argv[1:2] == ["inside"]:
        inside(int(sys.argv[2]))
    else:
        main(*sys.argv[1:])
