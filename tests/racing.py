"""Work that is done at once, by threads with connections of their own."""

from collections.abc import Callable, Sequence
from functools import partial
from threading import Barrier, Thread

from django.db import connection, transaction

from oncall.models import Schedule

POLL = 0.01  # seconds for which a thread is waited for before the waiting are counted again
GIVE_UP = 120  # seconds; only a failure waits this long


class Race:
    """Threads, and what the work of each returned or raised."""

    def __init__(self, works: Sequence[Callable[[], object]]) -> None:
        self.outcomes: list[object] = [None] * len(works)
        self.threads = [Thread(target=self._run, args=one, daemon=True) for one in enumerate(works)]

    def _run(self, n: int, work: Callable[[], object]) -> None:
        try:
            self.outcomes[n] = work()
        except Exception as fault:  # noqa: BLE001 - whatever it is, the test looks at it
            self.outcomes[n] = fault
        finally:
            connection.close()

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def ended(self) -> list[object]:
        for thread in self.threads:
            thread.join(GIVE_UP)
        assert not any(thread.is_alive() for thread in self.threads)
        return self.outcomes


def at_once(*works: Callable[[], object]) -> list[object]:
    """What each work returned; what any of them raised is raised here. None begins before all can."""
    outcomes = outcomes_at_once(*works)
    for fault in outcomes:
        if isinstance(fault, Exception):
            raise fault
    return outcomes


def outcomes_at_once(*works: Callable[[], object]) -> list[object]:
    """What each work returned or raised. None begins before all can."""
    line = Barrier(len(works))

    def begin(work: Callable[[], object]) -> object:
        line.wait(GIVE_UP)
        return work()

    race = Race([partial(begin, work) for work in works])
    race.start()
    return race.ended()


def at_the_lock(schedule: Schedule, *works: Callable[[], object]) -> list[object]:
    """What each work returned or raised. All of them run up to the schedule's lock before one goes on.

    Who looks before it takes the lock, or never takes it, has therefore looked at what was there before the
    others wrote. On SQLite, where the transaction is the lock, nobody can see who waits; they only start
    together.
    """
    race = Race(works)
    with transaction.atomic():
        Schedule.objects.select_for_update().get(pk=schedule.pk)
        race.start()
        if connection.vendor == "postgresql":
            while waiting() < len(alive := [thread for thread in race.threads if thread.is_alive()]):
                alive[0].join(POLL)
    return race.ended()


def waiting() -> int:
    """How many of this database wait for a lock now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])
