"""An incident that is kept quiet: rows, timeline, and what another version makes of it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError

from escalation import engine
from escalation.core.incident import Parked, Quiet, Urgency
from escalation.core.stimulus import Quieted, Triggered
from escalation.loading import policy_of, state_of
from escalation.models import Incident
from paging.models import Notification, Page
from people.ledger.models import Entry
from people.ledger.record import ENGINE
from tests.world import TESTS, World


@pytest.fixture
def world(db):
    return World()


def quiet(world, *, minutes=60):
    until = world.now + timedelta(minutes=minutes)
    return Quiet(reason=Parked.MAINTENANCE, until=until, why="maintenance: database upgrade")


def opened(world, *, quiet=None):
    stimulus = Triggered(severity="SEV-1", urgency=Urgency.HIGH, quiet=quiet)
    (row,) = engine.open_incidents(
        service=world.service,
        policy=policy_of(world.service),
        openings=[engine.Opening(title="disk full", stimulus=stimulus)],
        by=TESTS,
        now=world.now,
    )
    return row


def run(world, *, minutes=0):
    world.now += timedelta(minutes=minutes)
    while engine.run_due(clock=lambda: world.now):
        pass


def test_it_pages_nobody_before_the_end_and_step_one_then(world):
    row = opened(world, quiet=quiet(world))
    run(world, minutes=59)
    assert not Page.objects.exists()
    run(world, minutes=1)
    assert Page.objects.filter(run__endswith=".1").exists()
    row.refresh_from_db()
    assert (row.parked_reason, row.quiet_until) == ("", None)
    said = Entry.objects.filter(subject_type="incident", subject_id=row.pk).order_by("pk")
    told = [(one.verb, one.actor_name, one.what, one.why) for one in said]
    assert told[1] == (
        "incident.quieted",
        ENGINE.name,
        f"pages nobody before {world.now:%Y-%m-%d %H:%M} UTC",
        "maintenance: database upgrade",
    )
    assert told[2][0] == "incident.quiet_over"


def test_cycles_that_run_are_stopped_when_it_begins(world):
    row = opened(world)
    run(world)
    waiting = Notification.objects.filter(page__cause=f"incident:{row.pk}", state="pending")
    assert waiting.exists()
    engine.apply(Incident.objects.get(pk=row.pk), Quieted(quiet(world)), now=world.now)
    assert not waiting.exists()
    run(world, minutes=30)
    assert not waiting.exists()


def test_one_that_another_version_has_started_again_is_not_quiet_any_more(world):
    row = opened(world, quiet=quiet(world))
    Incident.objects.filter(pk=row.pk).update(parked_reason="", step_at=world.now, hold_until=None)
    assert state_of(Incident.objects.get(pk=row.pk)).quiet_until is None


def test_nothing_is_quiet_without_an_end(world):
    row = opened(world, quiet=quiet(world))
    with pytest.raises(IntegrityError):
        Incident.objects.filter(pk=row.pk).update(quiet_until=None)
