from datetime import timedelta

import pytest
import time_machine

from escalation.actions.heartbeats import HeartbeatSpec, ensure_heartbeat
from escalation.intake import raise_silent
from tests.world import TESTS

KEY = "feedbeef" * 4
HOUR = timedelta(hours=1)


class Source:
    """A backup of a service that calls every hour, and may be five minutes late; the clock is the world's."""

    def __init__(self, world, client):
        self.world = world
        self._client = client
        self.is_(every=HOUR)

    def is_(self, *, every, grace=timedelta(minutes=5), name="nightly-backup", key=KEY, severity="SEV-2"):
        spec = HeartbeatSpec(name=name, every=every, grace=grace, key=key, severity=severity)
        self.row = ensure_heartbeat(service=self.world.service, spec=spec, by=TESTS, now=self.world.now)
        return self.row

    def call(self, method="get", path=f"/heartbeats/{KEY}", **more):
        with time_machine.travel(self.world.now, tick=False):
            return getattr(self._client, method)(path, **more)

    def looked_for(self, **delta):
        """Time passes, and a worker looks; returns how many silences it raised."""
        self.world.wait(**delta)
        raised = raise_silent(heard_until=self.world.now, clock=lambda: self.world.now)
        self.world.tick()
        return raised


@pytest.fixture
def source(world, client):
    return Source(world, client)
