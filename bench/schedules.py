"""Who is on call in a year, from memory and from rows; who is now; and the gaps of 1,000 schedules.

    .venv/bin/python bench/schedules.py [times]

On PostgreSQL, in a database of its own that is dropped at the end; without a server only what needs none.
Every row stands beside a floor, measured in the same run: as many shifts made by a bare loop, or as many
statements that ask for nothing. Each repetition asks for other days, so that nothing is found ready.
"""

import os
import statistics
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import django

from tests import servers

OF_ITS_OWN = ExitStack()  # the database, dropped when main() is through
ON_POSTGRES = servers.postgres_answers()
if ON_POSTGRES:
    os.environ["DATABASE_URL"] = OF_ITS_OWN.enter_context(servers.own_database())
os.environ["DJANGO_SETTINGS_MODULE"] = "watchbill.settings"
django.setup()

from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from oncall import models
from oncall.core.definition import Definition
from oncall.core.final import Roster, Shift, Version, shifts
from oncall.core.override import Override
from oncall.selectors import final_shifts, gaps, on_call
from people.models import User

DAY = timedelta(days=1)
YEAR = 365 * DAY
ANCHOR = datetime(2025, 1, 6, tzinfo=UTC)
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
PEOPLE = 8
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri"]
OFFICE = [{"days": WEEKDAYS, "start": "09:00", "end": "17:30"}]
WEEKEND = [{"start": "fri 18:00", "end": "mon 09:00"}]


def layer(n: int, length: str, restrictions: list | None = None) -> dict:
    people = [(n + place) % PEOPLE + 1 for place in range(PEOPLE)]
    written = {"name": f"L{n}", "participants": people, "start": "2025-01-06T09:00", "shift_length": length}
    return written | ({"restrictions": restrictions} if restrictions else {})


SHAPES = {
    "weekly layers": [layer(n, "1w") for n in range(3)],
    "daily layers, weekday windows": [layer(n, "1d", OFFICE) for n in range(3)],
    "turns of 12 h": [layer(n, "12h") for n in range(3)],
    "12 h under office and weekend": [layer(0, "12h"), layer(1, "1d", OFFICE), layer(2, "1w", WEEKEND)],
}


def definition_json(layers: list[dict]) -> dict:
    return {"roles": {"primary": {"layers": layers}}}


def laid_over() -> list[dict]:
    """50 overrides of all four kinds, one a week, 12 hours each."""
    return [
        {
            "role": "primary",
            "kind": ("cover", "replace", "add", "remove")[n % 4],
            "start": SINCE + timedelta(days=7 * n, hours=3),
            "end": SINCE + timedelta(days=7 * n, hours=15),
            "user": n % PEOPLE + 1,
            "instead_of": (n + 1) % PEOPLE + 1 if n % 4 == 1 else None,
        }
        for n in range(50)
    ]


def measured(work: Callable[[int], object], times: int) -> tuple[float, float]:
    """Median and least, in milliseconds; `work` is told which repetition it is. The first two warm it up."""
    taken = []
    for number in range(times + 2):
        begun = perf_counter()
        work(number)
        taken.append((perf_counter() - begun) * 1000)
    return statistics.median(taken[2:]), min(taken[2:])


def say(name: str, took: tuple[float, float], floor: tuple[float, float], goal: str, *notes: str) -> None:
    """The ratio is that of the least ones, which other work on the machine disturbs least."""
    (median, least), ratio = took, took[1] / floor[1]
    said = f"{name:<52} p50 {median:8.2f} ms   least {least:8.2f} ms   {ratio:6.1f} x floor   goal {goal}"
    print("   ".join((said, *notes)), flush=True)


def in_memory(times: int) -> None:
    overrides = tuple(Override(**one, number=n) for n, one in enumerate(laid_over()))
    for name, layers in SHAPES.items():
        said = Definition.from_json(definition_json(layers))
        roster = Roster((Version(ANCHOR, ZoneInfo("America/New_York"), said),), overrides)
        rows = len(shifts(roster, SINCE, SINCE + YEAR))

        def year(n: int, roster: Roster = roster) -> object:
            return shifts(roster, SINCE + n * DAY, SINCE + n * DAY + YEAR)

        def bare(n: int, rows: int = rows) -> object:
            return [Shift("primary", 1, SINCE + k * DAY, SINCE + k * DAY + DAY) for k in range(rows)]

        say(f"a year, {name}", measured(year, times), measured(bare, times), "5 ms", f"{rows} shifts")


def filled(name: str, layers: list[dict], *, overrides: bool) -> models.Schedule:
    schedule = models.Schedule.objects.create(name=name)
    version(schedule, layers).save()
    if overrides:
        models.Override.objects.bulk_create(
            models.Override(
                schedule=schedule,
                created_at=ANCHOR,
                user_id=one["user"],
                instead_of_id=one["instead_of"],
                **{key: one[key] for key in ("role", "kind", "start", "end")},
            )
            for one in laid_over()
        )
    return schedule


def version(schedule: models.Schedule, layers: list[dict]) -> models.ScheduleVersion:
    return models.ScheduleVersion(
        schedule=schedule,
        effective_from=ANCHOR,
        time_zone="America/New_York",
        definition=definition_json(layers),
        created_at=ANCHOR,
    )


def asked(work: Callable[[int], object]) -> int:
    with CaptureQueriesContext(connection) as queries:
        work(0)
    return len(queries)


def from_rows(times: int) -> None:
    User.objects.bulk_create(User(pk=n + 1, username=f"person{n + 1}") for n in range(PEOPLE))

    def nothing(n: int) -> None:
        with connection.cursor() as cursor:
            for _ in range(3):
                cursor.execute("SELECT 1")

    floor = measured(nothing, times)
    many = [layer(n, "1w") | {"name": f"M{n}"} for n in range(12)]
    for name, layers in {**SHAPES, "12 weekly layers": many}.items():
        schedule = filled(name, layers, overrides=True)

        def year(n: int, schedule: models.Schedule = schedule) -> object:
            return final_shifts(schedule, since=SINCE + n * DAY, until=SINCE + n * DAY + YEAR)

        def now(n: int, schedule: models.Schedule = schedule) -> object:
            return on_call([schedule.pk], at=SINCE + n * DAY)

        say(f"a year with loading, {name}", measured(year, times), floor, "15 ms", f"{asked(year)} queries")
        say(f"on call now, {name}", measured(now, times), floor, "3 ms", f"{asked(now)} queries")


def all_gaps() -> None:
    rows = models.Schedule.objects.bulk_create(models.Schedule(name=f"Schedule {n}") for n in range(1000))
    shapes = list(SHAPES.values())
    models.ScheduleVersion.objects.bulk_create(version(row, shapes[n % 4]) for n, row in enumerate(rows))
    wanted = [row.pk for row in rows]
    until = SINCE + 90 * DAY
    found = 0

    def whole(n: int) -> None:
        nonlocal found
        found = sum(1 for _ in gaps(wanted, since=SINCE + n * DAY, until=until + n * DAY))

    def bare(n: int) -> object:
        return [(pk, Shift("primary", None, SINCE, until)) for pk in wanted for _ in range(found // 1000)]

    took, queries = measured(whole, 3), asked(whole)
    say(
        "all gaps of 90 days, 1,000 schedules",
        took,
        measured(bare, 3),
        "10 s",
        f"{found} gaps",
        f"{queries} queries",
    )


def main(times: int = 50) -> None:
    in_memory(times)
    if not ON_POSTGRES:
        print("From rows: not run, PostgreSQL does not answer")
        return
    call_command("migrate", verbosity=0)
    from_rows(times)
    all_gaps()
    connection.close()


if __name__ == "__main__":
    with OF_ITS_OWN:
        main(*[int(argument) for argument in sys.argv[1:]])
