"""What pager-load reports cost beside two years of pages: 1,000,000 of them, 200 schedules, 100 teams.

    .venv/bin/python bench/load.py [pages] [times]

In a database of its own, PostgreSQL's. The floor of the weekly reports of all teams is the same time's pages
and incidents read by nothing but one statement of SQL for each team; that of one team's, the same for one.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

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
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from escalation.models import EscalationPolicy, Service
from oncall.compensation.models import Assignment, PayPlan, PlanVersion
from oncall.models import Participation, Schedule, ScheduleVersion
from paging.models import ContactMethod
from people.models import Membership, Team, User
from watchbill.reports.gathering import Scope
from watchbill.reports.reporting import report_of, reports

PAGES, SCHEDULES, TEAMS, ON_EACH = 1_000_000, 200, 100, 5
BEGIN = datetime(2024, 1, 1, 9, tzinfo=UTC)
DAYS = 730
NOW = BEGIN + timedelta(days=DAYS)
ZONES = ["Europe/London", "America/New_York", "Asia/Kolkata", "Europe/Berlin", "Australia/Sydney"]
EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
TERMS = {
    "standby": [
        {"band": "night", "days": EVERY_DAY, "start": "22:00", "end": "08:00", "amount": "8", "per": "hour"},
        {"band": "weekday", "days": EVERY_DAY[:5], "amount": "200", "per": "week", "prorate": True},
    ],
    "call_outs": {
        "outside": {"days": EVERY_DAY[:5], "start": "09:00", "end": "17:00"}, "minimum": 3600,
        "pay": {"amount": "40"},
    },
}  # fmt: skip
# Pages come at all hours. Of each service's twenty alerts the first ones come most; every fifth incident is
# answered by nobody in time and goes on to the next of the rotation, every third ends by itself.
FILLED = """
CREATE TEMPORARY TABLE came AS
SELECT n, n %% {schedules} AS schedule, at,
       floor(extract(epoch FROM at - %(begin)s) / 604800)::int %% {on_each} AS turn,
       floor(20 * power(random(), 2))::int AS alert, n %% 5 = 0 AS missed, n %% 3 = 0 AS alone
FROM (SELECT n, %(begin)s + random() * interval '{days} days' AS at FROM generate_series(1, %(many)s) n) _;
INSERT INTO escalation_incident (id, service_id, title, severity, urgency, status, policy, recurred,
  triggered_at, acknowledged_at, resolved_at, resolved_by_id, label, cycle, repeat, step, reached,
  managers_paged, outside_done, parked_reason)
SELECT n, {service} + schedule, 'Alert ' || alert, 'SEV-2', 'high', 'resolved', '{{"name": "p", "steps": [],
  "outside": [], "repeat": 0}}', FALSE, at, CASE WHEN alone THEN NULL ELSE at + interval '4 minutes' END,
  at + CASE WHEN alone THEN interval '2 minutes' ELSE interval '25 minutes' END,
  CASE WHEN alone THEN NULL ELSE {user} + {on_each} * schedule + turn END,
  CASE WHEN alone OR n %% 2 = 0 THEN '' ELSE 'noise' END, 1, 0, 1, TRUE, FALSE, '[]', '' FROM came;
INSERT INTO escalation_alert (service_id, incident_id, dedup_key, group_key, status, severity, summary,
  source, labels, links, payload, first_event_at, last_event_at, event_count, resolved_at)
SELECT {service} + schedule, n, 'key ' || alert, '', 'resolved', 'SEV-2', 'Alert ' || alert, 'prometheus',
  json_build_object('alertname', 'Alert' || alert, 'cluster', 'eu1', 'instance', n), '[]', '{{}}', at, at, 1,
  at + interval '2 minutes' FROM came;
INSERT INTO paging_page (user_id, cause, run, urgency, facts, service, created_at, stopped_at, stop_reason)
SELECT {user} + {on_each} * schedule + (turn + later) %% {on_each}, 'incident:' || n, '1.0.' || later + 1,
  'high', '{{}}', 'service', at + later * interval '3 minutes', at + interval '4 minutes', 'acknowledged'
FROM came, generate_series(0, 1) later WHERE later = 0 OR (missed AND NOT alone) ORDER BY at;
INSERT INTO paging_notification (page_id, method_id, due_at, state, reason, attempts, message_id, created_at,
  sent_at, beyond_limit)
SELECT id, {method} + user_id - {user}, created_at, 'delivered', '', 1, gen_random_uuid(), created_at,
  created_at + interval '1 second', FALSE FROM paging_page;
INSERT INTO ledger_entry (at, verb, subject_type, subject_id, actor_id, actor_name, what, why, data)
SELECT at + minutes * interval '1 minute', verb, 'incident', n, {user} + {on_each} * schedule + turn, 'p', '',
  '', '{{}}'
FROM came, (VALUES ('incident.acknowledged', 4), ('incident.resolved', 25)) said (verb, minutes)
WHERE NOT alone ORDER BY at;
ANALYZE
"""


def filled(pages: int) -> None:
    users = User.objects.bulk_create(
        User(username=f"p{n}", time_zone=ZONES[n // ON_EACH % 5]) for n in range(SCHEDULES * ON_EACH)
    )
    teams = Team.objects.bulk_create(Team(name=f"Team {n:03}") for n in range(TEAMS))
    plan = PayPlan.objects.create(name="Plan", currency="EUR")
    version = PlanVersion.objects.create(plan=plan, terms=TERMS, created_at=BEGIN)
    Assignment.objects.bulk_create(Assignment(version=version, user=user) for user in users)
    policy = EscalationPolicy.objects.create(name="Policy")
    schedules = Schedule.objects.bulk_create(
        Schedule(name=f"Schedule {n:03}", team=teams[n % TEAMS]) for n in range(SCHEDULES)
    )
    services = Service.objects.bulk_create(
        Service(name=f"service {n:03}", team=teams[n % TEAMS], policy=policy) for n in range(SCHEDULES)
    )
    on_call(schedules, users)
    Membership.objects.bulk_create(
        Membership(
            team=teams[n // ON_EACH % TEAMS], user=user, role="manager" if n % ON_EACH == 0 else "responder"
        )
        for n, user in enumerate(users)
    )
    methods = ContactMethod.objects.bulk_create(
        ContactMethod(user=user, kind="email", address=f"{user.username}@example.com") for user in users
    )
    first = {"service": services[0].pk, "user": users[0].pk, "method": methods[0].pk}
    sql = FILLED.format(schedules=SCHEDULES, on_each=ON_EACH, days=DAYS, **first)
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        for statement in sql.split(";\n"):
            cursor.execute(statement, {"begin": BEGIN, "many": round(pages / (1 + 2 / 15))})


def on_call(schedules: list[Schedule], users: list[User]) -> None:
    for n, schedule in enumerate(schedules):
        crew = users[n * ON_EACH : (n + 1) * ON_EACH]
        layer = {
            "name": "L", "participants": [user.pk for user in crew], "shift_length": "1w",
            "start": BEGIN.strftime("%Y-%m-%dT%H:%M"),
        }  # fmt: skip
        second = {"follows": "primary", "layer": "L", "offset": 1}
        row = ScheduleVersion.objects.create(
            schedule=schedule, effective_from=BEGIN, time_zone="UTC", holidays="", created_at=BEGIN,
            definition={"roles": {"primary": {"layers": [layer]}, "secondary": second}},
        )  # fmt: skip
        Participation.objects.bulk_create(Participation(version=row, user=user) for user in crew)


WITHIN = """
SELECT page.id, page.user_id, page.cause, page.created_at, incident.title, incident.resolved_at
FROM paging_page page JOIN escalation_incident incident ON 'incident:' || incident.id = page.cause
WHERE page.user_id = ANY(%s) AND page.created_at >= %s AND page.created_at < %s
"""


def read(teams: list[Team], scope: Scope) -> int:
    many = 0
    with connection.cursor() as cursor:
        for team in teams:
            users = list(Membership.objects.filter(team=team).values_list("user", flat=True))
            cursor.execute(WITHIN, [users, scope.far.start, scope.far.end])
            many += len(cursor.fetchall())
    return many


def measured(work: Callable[[], object], times: int) -> tuple[float, float]:
    """The median and the longest, in seconds."""
    taken = []
    for _ in range(times):
        begun = perf_counter()
        work()
        taken.append(perf_counter() - begun)
    return statistics.median(taken), max(taken)


def say(name: str, took: tuple[float, float], floor: tuple[float, float], goal: str, *notes: str) -> None:
    times = f"p50 {took[0]:7.3f} s   max {took[1]:7.3f} s   {took[0] / floor[0]:5.1f} x floor"
    said = f"{name:<24} {times}   goal {goal}"
    print("   ".join((said, *notes)), flush=True)


def asked(work: Callable[[], object]) -> str:
    with CaptureQueriesContext(connection) as queries:
        work()
    return f"{len(queries)} queries"


def memory() -> float:
    """The most that the process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(pages: int = PAGES, times: int = 3) -> None:
    call_command("migrate", verbosity=0)
    begun = perf_counter()
    filled(pages)
    print(f"filled in {perf_counter() - begun:.0f} s", flush=True)
    before = memory()
    teams = list(Team.objects.order_by("name"))
    scope = Scope(since=NOW - timedelta(days=7), until=NOW, now=NOW, whole=True)
    found = [(len(one.shifts), one.totals.pages) for one in reports(teams, scope)]
    print(
        f"{len(found)} reports, {sum(s for s, _ in found)} shifts, {sum(p for _, p in found)} pages",
        flush=True,
    )

    def every() -> None:
        for _ in reports(teams, scope):
            pass

    floor = measured(lambda: read(teams, scope), times)
    say("the week of all teams", measured(every, times), floor, "60 s", f"{memory():.0f} MB in all, "
        f"{memory() - before:.0f} more", asked(every))  # fmt: skip
    of_one = measured(lambda: read(teams[:1], scope), 5 * times)
    say("one team's", measured(lambda: report_of(teams[0], scope), 5 * times), of_one, "none",
        asked(lambda: report_of(teams[0], scope)))  # fmt: skip
    client = Client(SERVER_NAME="127.0.0.1")
    manager = User.objects.get(memberships__team=teams[0], memberships__role="manager", username="p0")
    client.force_login(manager)
    week = f"since={scope.since:%Y-%m-%dT%H:%MZ}&until={scope.until:%Y-%m-%dT%H:%MZ}"
    address = f"/load/team/{teams[0].name}/?{week}"
    if client.get(address).status_code != 200:
        raise SystemExit(f"{address} did not answer.")
    say("its page", measured(lambda: client.get(address), 5 * times), of_one, "0.3 s",
        asked(lambda: client.get(address)))  # fmt: skip


if __name__ == "__main__":
    main(*[int(argument) for argument in sys.argv[1:]])
