"""An incident that somebody holds, or that the database refuses, keeps nobody behind it waiting."""

from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import OperationalError, connection, transaction

from escalation import engine, targets, wording
from escalation.models import Incident
from paging.models import Page
from people.ledger.models import Entry
from tests.database_faults import lost, refused
from tests.world import World

GIVE_UP = 30

pytestmark = pytest.mark.django_db(transaction=True)


class Held:
    """In another connection, rows are locked inside the `with`. On SQLite, where the transaction is the lock,
    a row cannot be: there they are free.
    """

    def __init__(self, pks):
        self._pks = pks
        self._locked, self._done = Event(), Event()
        self._thread = Thread(target=self._hold, daemon=True)

    def _hold(self):
        try:
            if connection.vendor != "postgresql":
                self._locked.set()
                return
            with transaction.atomic():
                list(Incident.objects.select_for_update().filter(pk__in=self._pks).order_by("pk"))
                self._locked.set()
                self._done.wait(GIVE_UP)
        finally:
            connection.close()

    def __enter__(self):
        self._thread.start()
        assert self._locked.wait(GIVE_UP)

    def __exit__(self, *_):
        self._done.set()
        self._thread.join(GIVE_UP)


def run(world, **options):
    while engine.run_due(clock=lambda: world.now, **options):
        pass


def is_paged(incident, **who):
    return Page.objects.filter(cause=f"incident:{incident.pk}", **who).exists()


def test_behind_incidents_that_somebody_holds_the_next_one_is_decided():
    world = World()
    held = [world.alert(f"held{n}") for n in range(5)]
    free = world.alert("free")
    with Held([one.pk for one in held]):
        run(world, limit=5)
        assert is_paged(free)
    run(world)
    assert all(is_paged(one) for one in held)


def test_one_that_somebody_holds_and_whose_run_reached_nobody_keeps_nobody_waiting():
    world = World()
    stuck = world.alert("stuck")
    run(world)
    Page.objects.filter(cause=f"incident:{stuck.pk}").update(unreachable_at=world.now)
    free = world.alert("free")
    with Held([stuck.pk]):
        run(world)
        assert is_paged(free)
    run(world)
    assert is_paged(stuck, user=world.bo)


@pytest.mark.parametrize("sqlstate", ["57014", "55P03", "23514", "40P01"])
def test_one_whose_statement_is_refused_keeps_nobody_waiting(monkeypatch, sqlstate):
    world = World()
    broken, facts = world.alert("broken"), wording.facts

    def sometimes(row, *args, **words):
        if row.pk == broken.pk:
            raise refused(sqlstate)
        return facts(row, *args, **words)

    monkeypatch.setattr(wording, "facts", sometimes)
    free = world.alert("free")
    run(world)
    assert is_paged(free)
    monkeypatch.undo()
    world.now += timedelta(seconds=31)
    run(world)
    assert is_paged(broken, user=world.ana)


@pytest.mark.parametrize("sqlstate", ["08006", "57P01", "53300", None])
def test_where_the_database_itself_fails_nothing_is_put_off(monkeypatch, sqlstate):
    world = World()
    incident = world.alert()

    def fails(*_, **__):
        raise refused(sqlstate)

    monkeypatch.setattr(wording, "facts", fails)
    with pytest.raises(OperationalError):
        run(world)
    incident.refresh_from_db()
    assert incident.wake_at == world.now
    assert not Entry.objects.filter(verb="incident.unreachable").exists()


@pytest.mark.parametrize("fault", [lost(), refused("08006")])
def test_where_the_database_fails_in_looking_up_who_is_meant_nobody_is_skipped(monkeypatch, fault):
    world = World()
    incident = world.alert()

    def fails(*_, **__):
        raise fault

    monkeypatch.setattr(targets.oncall, "on_call", fails)
    with pytest.raises(type(fault)):
        run(world)
    monkeypatch.undo()
    assert not Entry.objects.filter(verb="incident.step_empty").exists()
    run(world)
    assert is_paged(incident, user=world.ana)
