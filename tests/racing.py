"""Work that is done at once, so that whatever does not hold a schedule's lock is seen to be wrong."""

from collections.abc import Callable
from threading import Thread

from django.db import connection, transaction

from oncall.models import Schedule

POLL = 0.01  # seconds for which a thread is waited for before the waiting are counted again
GIVE_UP = 60


def at_the_lock(schedule: Schedule, *works: Callable[[], object]) -> list[object]:
    """What each work returned or raised. All of them run up to the schedule's lock before one goes on.

    Who looks before it takes the lock, or never takes it, has therefore looked at what was there before the
    others wrote. On SQLite, where the transaction is the lock, nobody can see who waits; they only start
    together.
    """
    outcomes: list[object] = [None] * len(works)

    def run(n: int, work: Callable[[], object]) -> None:
        try:
            outcomes[n] = work()
        except Exception as fault:  # noqa: BLE001 - whatever it is, the test looks at it
            outcomes[n] = fault
        finally:
            connection.close()

    threads = [Thread(target=run, args=(n, work), daemon=True) for n, work in enumerate(works)]
    with transaction.atomic():
        Schedule.objects.select_for_update().get(pk=schedule.pk)
        for thread in threads:
            thread.start()
        if connection.vendor == "postgresql":
            while waiting() < len(alive := [thread for thread in threads if thread.is_alive()]):
                alive[0].join(POLL)
    for thread in threads:
        thread.join(GIVE_UP)
    assert not any(thread.is_alive() for thread in threads)
    return outcomes


def waiting() -> int:
    """How many of this database wait for a lock now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])
