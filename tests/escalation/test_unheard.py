"""An incident of which nothing more is heard ends by itself, where its service says so."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from escalation import selectors
from escalation.actions import config, respond, unheard
from escalation.actions.steps import ConfigError
from escalation.models import Alert, Incident, Service
from paging.models import Page
from people.ledger.record import Actor
from tests.database_faults import refused
from tests.racing import at_once
from tests.world import MONDAY, TESTS, World

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def says(world, after=4 * HOUR, **more):
    config.change_service(service=world.service, by=TESTS, now=world.now, auto_resolve_after=after, **more)


def look(world, **delta):
    """Time passes, and a worker looks; how many are open."""
    world.wait(**delta)
    while unheard.resolve_unheard(clock=lambda: world.now):
        pass
    world.tick()
    return Incident.objects.exclude(status="resolved").count()


@pytest.fixture
def quiet(world):
    says(world)
    return world


def test_one_that_nobody_answered_ends_four_hours_after_its_last_page(quiet):
    """Pages at 0 to 25 minutes, exhausted and its managers paged at 30."""
    incident = quiet.alert()
    assert look(quiet, hours=4, minutes=29, seconds=59) == 1
    assert look(quiet, seconds=1) == 0
    incident.refresh_from_db()
    assert (incident.status, incident.resolved_at, incident.resolved_by) == ("resolved", quiet.now, None)
    assert "Watchbill: resolved the incident (nothing was heard of it for 4 h)" in quiet.timeline(incident)
    assert Alert.objects.get().status == "resolved"
    told = Page.objects.filter(cause=f"incident:{incident.pk}", run="told.resolved")
    assert {page.user.username for page in told} == {"ana", "bo", "mia"}
    assert quiet.alert().pk != incident.pk


def test_without_the_setting_it_stays_open(world):
    incident = world.alert()
    assert look(world, days=8) == 1
    incident.refresh_from_db()
    assert incident.resolve_at is None


def test_an_event_of_its_source_makes_it_last_anew(quiet):
    quiet.alert()
    look(quiet, hours=4)
    quiet.alert()
    assert look(quiet, hours=3, minutes=59, seconds=59) == 1
    assert look(quiet, seconds=1) == 0


def test_a_note_of_a_person_makes_it_last_anew(quiet):
    incident = quiet.alert()
    look(quiet, hours=4)
    by = Actor.person(quiet.bo, via="web")
    respond.note(incident_id=incident.pk, text="I watch it", by=by, now=quiet.now)
    assert look(quiet, hours=3, minutes=59, seconds=59) == 1
    assert look(quiet, seconds=1) == 0


def test_while_steps_are_left_nothing_ends_by_itself(world):
    """Shorter than the policy: it ends when everybody has been paged and a while after."""
    says(world, MINUTE)
    world.alert()
    assert look(world, minutes=30, seconds=59) == 1
    assert len(world.sent()) == 7
    assert look(world, seconds=1) == 0


def test_a_step_outside_the_sequence_is_waited_for(world):
    first = world.step(config.TargetSpec(user=world.ana))
    later = config.StepSpec(after=6 * HOUR, targets=[config.TargetSpec(user=world.bo)])
    config.change_policy(policy=world.policy, repeat=0, steps=[first, later], by=TESTS, now=world.now)
    says(world)
    world.alert()
    assert look(world, hours=9, minutes=59) == 1
    assert (360, "bo", "email") in world.sent()
    assert look(world, minutes=1) == 0


def test_what_somebody_is_on_ends_when_they_and_it_are_silent(world):
    says(world, acknowledgement_timeout=6 * HOUR)
    incident = world.alert()
    look(world, minutes=3)
    world.acknowledge(incident, world.ana)
    assert look(world, hours=3, minutes=59, seconds=59) == 1
    assert look(world, seconds=1) == 0
    assert world.sent() == [(0, "ana", "email")]


def test_an_acknowledgement_that_runs_out_before_pages_first(quiet):
    incident = quiet.alert()
    quiet.acknowledge(incident, quiet.ana)
    assert look(quiet, hours=4, minutes=30) == 1
    assert len(quiet.sent()) > 1
    assert look(quiet, hours=1) == 0


def test_one_that_is_put_off_does_not_end_before_its_time(quiet):
    incident = quiet.alert()
    until = quiet.now + 9 * HOUR
    respond.snooze(incident_id=incident.pk, until=until, by=TESTS, now=quiet.now)
    assert look(quiet, hours=8, minutes=59) == 1
    incident.refresh_from_db()
    assert (incident.status, selectors.resolves_at(incident)) == ("acknowledged", None)
    sent = len(quiet.sent())
    assert look(quiet, minutes=2) == 1
    assert len(quiet.sent()) == sent + 1


def test_low_urgency_ends_without_a_page(quiet):
    incident = quiet.alert(severity="SEV-4")
    assert look(quiet, hours=3, minutes=59, seconds=59) == 1
    assert look(quiet, seconds=1) == 0
    assert quiet.sent() == []
    assert "nothing was heard of it for 4 h" in quiet.timeline(incident)[-1]


def test_what_waits_for_support_hours_does_not_end_before_it_has_paged(world):
    """At ten on a Monday; the hours begin at 17."""
    hours = {"days": ["mon"], "start": "17:00", "end": "18:00", "time_zone": "UTC"}
    says(world, support_hours=hours)
    world.alert(severity="SEV-3")
    assert look(world, hours=6, minutes=59) == 1
    assert world.sent() == []
    assert look(world, minutes=2) == 1
    assert world.sent() == [(420, "ana", "email")]


def test_where_nobody_can_be_reached_it_is_tried_again_and_does_not_end(world):
    says(world, 10 * MINUTE)
    for user in (world.ana, world.bo, world.mia):
        user.contact_methods.update(disabled_reason="gone")
    world.alert()
    assert look(world, hours=10) == 1


def test_one_that_is_open_when_the_service_says_so_ends_as_long_after_what_was_heard_last(world):
    incident = world.alert(severity="SEV-4")
    look(world, hours=3)
    says(world)
    assert look(world, minutes=59, seconds=59) == 1
    says(world, 8 * HOUR)
    assert look(world, hours=3) == 1
    says(world, None)
    assert look(world, hours=50) == 1
    incident.refresh_from_db()
    assert incident.resolve_at is None
    says(world)
    assert look(world, seconds=0) == 0


def test_a_time_that_the_version_before_left_behind_ends_nothing(quiet):
    """It knows no such column, and triggered the incident again."""
    incident = quiet.alert()
    Incident.objects.filter(pk=incident.pk).update(resolve_at=quiet.now - HOUR)
    assert look(quiet, minutes=2) == 1
    incident.refresh_from_db()
    assert (incident.status, incident.resolve_at) == ("triggered", None)


def test_the_page_knows_when_it_ends(quiet):
    incident = quiet.alert(severity="SEV-4")
    look(quiet, hours=1)
    quiet.alert(severity="SEV-4")
    assert selectors.resolves_at(Incident.objects.get(pk=incident.pk)) == quiet.now + 4 * HOUR


def test_one_that_cannot_be_looked_at_does_not_hold_up_the_others(quiet, monkeypatch):
    broken, _ = quiet.alert("broken", severity="SEV-4"), quiet.alert("well", severity="SEV-4")
    Incident.objects.filter(pk=broken.pk).update(policy={})
    assert look(quiet, hours=4) == 1
    broken.refresh_from_db()
    assert (broken.status, broken.resolve_at) == ("triggered", quiet.now + 30 * SECOND)


@pytest.mark.parametrize(
    ("state", "put_off"), [("57014", True), ("40P01", True), ("08006", False), (None, False)]
)
def test_a_statement_that_is_refused_is_that_rows_fault_and_an_outage_nobodys(
    quiet, monkeypatch, state, put_off
):
    incident = quiet.alert(severity="SEV-4")
    due = Incident.objects.get(pk=incident.pk).resolve_at

    def fails(pks):
        raise refused(state)

    monkeypatch.setattr(unheard, "_heard", fails)
    if put_off:
        assert look(quiet, hours=4) == 1
    else:
        with pytest.raises(OperationalError):
            look(quiet, hours=4)
    row = Incident.objects.get(pk=incident.pk)
    assert (row.status, row.resolve_at) == ("triggered", quiet.now + 30 * SECOND if put_off else due)


def test_thirty_that_end_at_once_cost_hardly_more_statements_than_two(quiet):
    def cost(number):
        for n in range(number):
            quiet.alert(f"{number}-{n}", severity="SEV-4")
        quiet.wait(hours=5)
        with CaptureQueriesContext(connection) as asked:
            assert unheard.resolve_unheard(clock=lambda: quiet.now) == number
        assert not Incident.objects.exclude(status="resolved").exists()
        return len(asked)

    two = cost(2)
    assert cost(30) <= two + 28 * 4 + 2  # the engine stops and tells for each that ends, as for any other


def test_nothing_due_costs_one_question(quiet, django_assert_num_queries):
    quiet.alert()
    with django_assert_num_queries(1):
        assert unheard.resolve_unheard(clock=lambda: quiet.now) == 0


@pytest.mark.parametrize("after", [timedelta(0), -HOUR, 59 * SECOND])
def test_too_short_a_time_is_refused(world, after):
    with pytest.raises(ConfigError, match="after a minute at the soonest; write 4h"):
        says(world, after)
    assert Service.objects.get().auto_resolve_after is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", range(3))
def test_an_event_and_a_person_at_the_same_instant_leave_no_half_of_it(transactional_db, turn):
    """Whoever is first, no alert is open without its incident, and none the other way round."""
    world = World(now=MONDAY + HOUR)
    says(world)
    for n in range(6):
        world.alert(f"key {n}", severity="SEV-4")
    incidents = list(Incident.objects.order_by("pk"))
    world.wait(hours=4)
    bo = Actor.person(world.bo)

    def events():
        for n in range(0, 6, 2):
            world.alert(f"key {n}", severity="SEV-4")

    def notes():
        for row in incidents[1::2]:
            respond.note(incident_id=row.pk, text="mine", by=bo, now=world.now)

    def quietly():
        return unheard.resolve_unheard(clock=lambda: world.now)

    at_once(quietly, events, notes, quietly)
    open_ones = set(Incident.objects.exclude(status="resolved").values_list("pk", flat=True))
    assert open_ones == set(Alert.objects.filter(status="open").values_list("incident", flat=True))
    for row in Incident.objects.filter(status="resolved"):
        said = [line for line in world.timeline(row) if "resolved the incident" in line]
        assert len(said) == 1
