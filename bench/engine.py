"""What a tick costs while 100,000 incidents wait, how long 10,000 take that are due at once, and what
300,000 resolved ones cost.

    .venv/bin/python bench/engine.py [waiting] [due] [resolved]

On PostgreSQL, with the deciders of one worker and one engine: two processes. Goals: 20 ms, 20 s, and
resolved ones change nothing by more than 20 %.
"""

import os
import statistics
import subprocess
import sys
from datetime import timedelta
from math import inf
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests import servers

DECIDERS = 2
LOOKS = 50
SAMPLE = 300
ROUNDS = 4


def main(waiting: int = 100_000, due: int = 10_000, resolved: int = 300_000) -> None:
    model = World(now=timezone.now()).alert("model")
    while engine.run_due(clock=timezone.now):
        pass
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    clone(model, waiting, at="now() + interval '1 day'")
    before = idle(f"{waiting} waiting")
    pace = decide(model, "one process")
    clone(model, due, at="now()")
    begun = perf_counter()
    everything_by_processes()
    took = perf_counter() - begun
    Incident.objects.filter(wake_at__isnull=False).update(wake_at=timezone.now() + timedelta(days=1))
    print(f"{due} due at once: decided in {took:.1f} s by {DECIDERS} processes, {due / took:.0f} a second")
    clone(model, resolved, at="NULL", status="resolved", resolved_at="now()")
    after = idle(f"and {resolved} resolved")
    again = decide(model, "one process, beside them")
    print(f"changed by the resolved: a look {after / before - 1:+.0%}, a decision {again / pace - 1:+.0%}")


def idle(name: str) -> float:
    """The shortest of some looks that find nothing, in seconds."""
    taken = []
    for _ in range(LOOKS):
        begun = perf_counter()
        assert engine.run_due(clock=timezone.now) == 0
        taken.append(perf_counter() - begun)
    print(
        f"{name}: a look p50 {statistics.median(taken) * 1000:.1f} ms, max {max(taken) * 1000:.1f} ms",
        flush=True,
    )
    return min(taken)


def decide(model: object, name: str) -> float:
    """Seconds for one of a few hundred that are due: the best of some rounds, so that it is of the engine and
    not of what else the machine does.
    """
    took = inf
    for _ in range(ROUNDS):
        clone(model, SAMPLE, at="now()")
        begun = perf_counter()
        decided = 0
        while count := engine.run_due(clock=timezone.now):
            decided += count
        took = min(took, perf_counter() - begun)
        assert decided == SAMPLE
    print(f"{name}: {took / SAMPLE * 1000:.1f} ms a decision, {SAMPLE / took:.0f} a second", flush=True)
    return took / SAMPLE


def clone(model: object, many: int, *, at: str, **changed: str) -> None:
    """Incidents at step one with an alert each, like the first one, due `at` (SQL)."""
    start = {
        "wake_at": at,
        "step_at": at,
        "status": "'triggered'",
        "step": "0",
        "cycle": "1",
        "parked_reason": "''",
    }
    start |= {name: value if value == "now()" else f"'{value}'" for name, value in changed.items()}
    columns = [column for column in columns_of(Incident) if column not in ("id", *start)]
    names, values = ", ".join([*start, *columns]), ", ".join([*start.values(), *columns])
    of_alert = [
        column
        for column in columns_of(Alert)
        if column not in ("id", "incident_id", "dedup_key", "status", "resolved_at")
    ]
    alert = ", ".join(of_alert)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH made AS (
                INSERT INTO escalation_incident ({names})
                SELECT {values} FROM escalation_incident, generate_series(1, %s)
                WHERE escalation_incident.id = %s RETURNING id, status
            )
            INSERT INTO escalation_alert (incident_id, dedup_key, status, resolved_at, {alert})
            SELECT made.id, 'clone-' || made.id,
                CASE made.status WHEN 'resolved' THEN 'resolved' ELSE 'open' END,
                CASE made.status WHEN 'resolved' THEN now() END, {alert}
            FROM escalation_alert, made WHERE escalation_alert.incident_id = %s
            """,  # noqa: S608 - our own columns
            [many, model.pk, model.pk],
        )
        cursor.execute("ANALYZE")


def columns_of(model: object) -> list[str]:
    return [field.column for field in model._meta.fields]  # noqa: SLF001 - Django's documented way


def everything_by_processes() -> None:
    """Their start is counted, too."""
    command = [sys.executable, __file__, "decide"]
    running = [subprocess.Popen(command, cwd=ROOT) for _ in range(DECIDERS)]  # noqa: S603 - this very file
    assert not any(process.wait() for process in running)


def decide_all() -> None:
    """As a ticker does, without its rests."""
    while Incident.objects.filter(wake_at__lte=timezone.now()).exists():
        engine.run_due(clock=timezone.now)


def begin() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "watchbill.settings"
    django.setup()


if __name__ == "__main__":
    import django

    if sys.argv[1:] == ["decide"]:
        begin()
        from django.utils import timezone

        from escalation import engine
        from escalation.models import Incident

        decide_all()
    elif not servers.postgres_answers():
        raise SystemExit("The engine's bench needs PostgreSQL, and none answers; set TEST_DATABASE_URL.")
    else:
        with servers.own_database() as database:
            os.environ["DATABASE_URL"] = database
            os.environ.setdefault("SECRET_KEY", "bench-only-0123456789abcdefghijklmnopqrstuvwxyz-0123456789")
            begin()
            from django.core.management import call_command
            from django.db import connection
            from django.utils import timezone

            from escalation import engine
            from escalation.models import Alert, Incident
            from tests.world import World
            from watchbill.processes.startup import release_database

            call_command("migrate", verbosity=0)
            main(*[int(argument) for argument in sys.argv[1:]])
            release_database()
