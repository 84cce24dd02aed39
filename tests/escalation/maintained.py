"""Windows for tests: said in minutes from the world's now."""

from datetime import timedelta

from escalation import engine
from escalation.actions import maintenance
from escalation.models import MaintenanceWindow, Service
from tests.world import TESTS

MINUTE = timedelta(minutes=1)


def spec(world, *, begins=0, lasts=60, **more):
    start = (world.now + begins * MINUTE).replace(tzinfo=None)
    return maintenance.WindowSpec(
        start=start, end=start + lasts * MINUTE, **{"reason": "database upgrade"} | more
    )


def planned(world, *, begins=0, lasts=60, **more) -> MaintenanceWindow:
    """For the world's service; `begins` and `lasts` in minutes."""
    row = maintenance.plan_window(
        service=Service.objects.get(pk=world.service.pk),
        spec=spec(world, begins=begins, lasts=lasts, **more),
        by=TESTS,
        now=world.now,
    )
    world.service.refresh_from_db()
    return row


def keep(world) -> int:
    """The keeper, until nothing is left to do; how often it did something."""
    times = 0
    while engine.keep_windows(clock=lambda: world.now):
        times += 1
    return times
