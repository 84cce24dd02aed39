"""What pay costs: a month's statements of 1,000 people on 200 schedules with 20,000 interruptions, and one
person's, written as drafts; what it would cost, and how much memory all of it takes.

    .venv/bin/python bench/pay.py [people] [times]

In a database of its own, PostgreSQL's. The floor of a month is as many rows written and read back by nothing
but Django; that of one person is as many statements as it asks that ask for nothing.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import perf_counter, process_time

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests import servers

OURS = "BENCH_OWNS_THE_DATABASE"


def in_a_database_of_its_own() -> int:
    if not servers.postgres_answers():
        raise SystemExit("PostgreSQL does not answer; set TEST_DATABASE_URL.")
    with servers.own_database() as database, tempfile.TemporaryDirectory() as var:
        given = {OURS: "1", "DATABASE_URL": database, "VAR_DIR": var}
        settings = {"DJANGO_SETTINGS_MODULE": "watchbill.settings", "PUBLIC_URL": "http://127.0.0.1:8000"}
        return subprocess.run(  # noqa: S603 - this file again
            [sys.executable, *sys.argv], env=os.environ | given | settings, check=False
        ).returncode


if OURS not in os.environ:
    sys.exit(in_a_database_of_its_own())

import django

django.setup()

from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from oncall.compensation.actions.statements import refresh
from oncall.compensation.comparing import Change, compare
from oncall.compensation.core.reading import read_terms
from oncall.compensation.models import Assignment, PayPlan, PlanVersion, Statement, StatementLine
from oncall.compensation.reckoning import reckoned
from oncall.models import HolidayDate, Override, Participation, Schedule, ScheduleVersion
from paging.models import ContactMethod, Notification, Page
from people.ledger.models import Entry
from people.models import User

PEOPLE, SCHEDULES, INTERRUPTIONS = 1000, 200, 20_000
ANCHOR = datetime(2025, 1, 6, tzinfo=UTC)
MONTH, NEXT = date(2025, 6, 1), date(2025, 7, 1)
NOW = datetime(2025, 7, 2, tzinfo=UTC)
ZONES = ["Europe/London", "America/New_York", "Asia/Kolkata", "Europe/Berlin", "Australia/Sydney"]
CALENDARS = ["GB-ENG", "US-NY", "IN", "DE-BE", "AU-NSW"]
CURRENCIES = ["GBP", "USD", "INR", "EUR", "AUD"]
WORKDAYS = ["mon", "tue", "wed", "thu", "fri"]
EVERY_DAY = [*WORKDAYS, "sat", "sun"]
BANDS = [
    {"band": "holiday", "holidays": True, "amount": "15", "per": "hour"},
    {"band": "weekend", "days": ["sat", "sun"], "amount": "500", "per": "weekend", "prorate": True},
    {"band": "night", "days": EVERY_DAY, "start": "22:00", "end": "08:00", "amount": "8", "per": "hour"},
    {"band": "evening", "days": EVERY_DAY, "start": "18:00", "end": "22:00", "amount": "4", "per": "hour"},
    {"band": "weekday", "days": WORKDAYS, "amount": "200", "per": "week", "prorate": True},
    {"band": "shift", "amount": "10", "per": "shift", "prorate": True, "additive": True},
]
TERMS = {
    "standby": BANDS,
    "role_factors": {"secondary": "0.5"},
    "call_outs": {
        "outside": {"days": WORKDAYS, "start": "09:00", "end": "17:00"},
        "minimum": 3600, "round_up_to": 900, "pay": {"amount": "40", "night": "1.5", "weekend": "2"},
        "time_in_lieu": {"rate": "1", "expires": 1209600},
    },
    "cap": {"hours": "400", "per": "month", "warn": True},
}  # fmt: skip

DEARER = TERMS | {"standby": [band | {"amount": "9"} for band in BANDS]}
PLAN = {"plan": "Plan GBP", "currency": "GBP", "unit": Decimal("0.01")}


def filled(people: int) -> list[int]:
    users = User.objects.bulk_create(
        User(username=f"p{n}", time_zone=ZONES[n % 5], holidays=CALENDARS[n % 5]) for n in range(people)
    )
    plans = PayPlan.objects.bulk_create(PayPlan(name=f"Plan {one}", currency=one) for one in CURRENCIES)
    for plan in plans:
        version = PlanVersion.objects.create(plan=plan, terms=TERMS, created_at=ANCHOR)
        mine = [user for n, user in enumerate(users) if plans[n % 5] == plan]
        Assignment.objects.bulk_create(Assignment(version=version, user=user) for user in mine)
    HolidayDate.objects.bulk_create(
        HolidayDate(calendar=calendar, date=date(2025, month, 9), name="A day")
        for calendar in CALENDARS
        for month in range(1, 13)
    )
    on_call(users)
    paged(users)
    return [user.pk for user in users]


def on_call(users: list[User]) -> None:
    """Five to a schedule, primary and secondary, by the week, by the day and by half days, with covers."""
    schedules = Schedule.objects.bulk_create(Schedule(name=f"Schedule {n}") for n in range(SCHEDULES))
    for n, schedule in enumerate(schedules):
        team = [users[(5 * n + place) % len(users)].pk for place in range(5)]
        layer = {"name": "L", "participants": team, "start": "2025-01-06T09:00",
                 "shift_length": ("1w", "1d", "12h")[n % 3]}  # fmt: skip
        second = {"follows": "primary", "layer": "L", "offset": 1}
        definition = {"roles": {"primary": {"layers": [layer]}, "secondary": second}}
        version = ScheduleVersion.objects.create(
            schedule=schedule, effective_from=ANCHOR, time_zone=ZONES[n % 5], holidays="",
            definition=definition, created_at=ANCHOR,
        )  # fmt: skip
        Participation.objects.bulk_create(Participation(version=version, user_id=pk) for pk in team)
        starts = [datetime(2025, 6, day, 17, tzinfo=UTC) for day in range(2, 30, 5)]
        Override.objects.bulk_create(
            Override(schedule=schedule, role="primary", kind="cover", start=at, end=at + timedelta(hours=9),
                     user_id=team[at.day % 5], created_at=ANCHOR)
            for at in starts
        )  # fmt: skip


def paged(users: list[User]) -> None:
    methods = ContactMethod.objects.bulk_create(
        ContactMethod(user=user, kind="email", address=f"{user.username}@example.com") for user in users
    )
    first = datetime(2025, 6, 1, tzinfo=UTC)
    times = [first + n * timedelta(days=30) / INTERRUPTIONS for n in range(INTERRUPTIONS)]
    pages = Page.objects.bulk_create(
        [
            Page(user=users[n * 7 % len(users)], cause=f"incident:{n + 1}", run="1", urgency="high", facts={},
                 created_at=at, stopped_at=at + timedelta(minutes=4))
            for n, at in enumerate(times)
        ],
        batch_size=2000,
    )  # fmt: skip
    Notification.objects.bulk_create(
        [
            Notification(page=page, method=methods[n * 7 % len(users)], due_at=page.created_at, state="sent",
                         created_at=page.created_at, sent_at=page.created_at)
            for n, page in enumerate(pages)
        ],
        batch_size=2000,
    )  # fmt: skip
    Entry.objects.bulk_create(
        [
            Entry(verb=verb, subject_type="incident", subject_id=n + 1, at=at + timedelta(minutes=minutes),
                  actor_id=users[n * 7 % len(users)].pk, actor_name="p", what="")
            for n, at in enumerate(times)
            for verb, minutes in (("incident.acknowledged", 3), ("incident.resolved", 25))
        ],
        batch_size=2000,
    )  # fmt: skip


def measured(
    work: Callable[[], object], times: int, before: Callable[[], object] = list
) -> tuple[float, float]:
    """The median, and what this process worked of it, in seconds; `before` is not in their time."""
    taken = []
    for _ in range(times):
        before()
        begun, used = perf_counter(), process_time()
        work()
        taken.append((perf_counter() - begun, process_time() - used))
    return statistics.median(one for one, _ in taken), statistics.median(one for _, one in taken)


def say(name: str, took: tuple[float, float], floor: tuple[float, float], goal: str, *notes: str) -> None:
    (whole, busy), ratio = took, took[0] / floor[0]
    said = f"{name:<36} {whole:8.3f} s   busy {busy:8.3f} s   {ratio:6.1f} x floor   goal {goal}"
    print("   ".join((said, *notes)), flush=True)


def asked(work: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as queries:
        work()
    return len(queries)


def memory() -> float:
    """The most that the process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def emptied() -> None:
    StatementLine.objects.all().delete()
    Statement.objects.all().delete()


def as_many_rows(lines: list[StatementLine]) -> None:
    with transaction.atomic():
        for n in range(0, len(lines), 500):
            StatementLine.objects.bulk_create(lines[n : n + 500])
        list(StatementLine.objects.all())
        transaction.set_rollback(True)


def nothing(many: int) -> None:
    with connection.cursor() as cursor:
        for _ in range(many):
            cursor.execute("SELECT 1")


def main(people: int = PEOPLE, times: int = 2) -> None:
    call_command("migrate", verbosity=0)
    ids = filled(people)
    connection.cursor().execute("ANALYZE")
    before = memory()
    found = reckoned(ids, since=MONTH, until=NEXT, now=NOW)
    lines = sum(len(one.statement.lines) for one in found.values())
    calls = sum(one.kind == "call_out" for each in found.values() for one in each.statement.lines)
    print(f"{len(found)} people, {lines} lines, {calls} of them call-outs", flush=True)
    del found
    took = measured(lambda: reckoned(ids, since=MONTH, until=NEXT, now=NOW), times)
    refresh(user_ids=ids, month=MONTH, now=NOW)
    rows = list(StatementLine.objects.all())
    for row in rows:
        row.pk, row.position = None, row.position + 100_000
    floor = measured(lambda: as_many_rows(rows), times)
    say(f"a month of {people} reckoned", took, floor, "30 s")
    again = measured(lambda: refresh(user_ids=ids, month=MONTH, now=NOW), times)
    say("the same, and nothing to write", again, floor, "30 s")
    written = measured(lambda: refresh(user_ids=ids, month=MONTH, now=NOW), times, before=emptied)
    say("the same, and every draft written", written, floor, "30 s", f"{memory() - before:.0f} MB more")

    other = Change(terms={PayPlan.objects.order_by("pk")[0].pk: read_terms(DEARER, **PLAN)})
    quarter = {"since": date(2025, 4, 1), "until": NEXT, "now": NOW}
    for some, who in ((ids, "200 of 1,000 people"), (ids[:5], "1 of a manager's 5")):
        took = measured(lambda some=some: compare(other, seen=some, **quarter), times)
        say(f"a quarter compared, {who}", took, floor, "none")

    def one() -> None:
        refresh(user_ids=ids[:1], month=MONTH, now=NOW)

    emptied()
    many = asked(one)
    of_one = measured(one, 10 * times, before=emptied)
    say(
        "one person's, written",
        of_one,
        measured(lambda: nothing(many), 10 * times),
        "0.3 s",
        f"{many} queries",
    )


if __name__ == "__main__":
    main(*[int(argument) for argument in sys.argv[1:]])
