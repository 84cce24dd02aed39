"""Where maintenance, rules and acknowledgements meet, nobody is forgotten and nobody is paged in between."""

from datetime import timedelta

import pytest

from escalation.actions import config, maintenance, respond
from escalation.models import Incident
from escalation.quiet.windows import in_maintenance_now
from paging.models import Page
from people.actions import set_members
from people.models import User
from tests.escalation.maintained import keep, planned
from tests.escalation.rules.conftest import Ruled
from tests.world import TESTS


@pytest.fixture
def world(db):
    return Ruled()


def fresh(incident):
    return Incident.objects.select_related("service").get(pk=incident.pk)


def run(world, *, minutes):
    for _ in range(minutes):
        world.now += timedelta(minutes=1)
        keep(world)
        world.tick()


def test_a_worse_event_that_the_rule_does_not_mean_is_heard_though_somebody_is_on_it(world):
    world.rule()
    incident = world.fires(severity="SEV-3")
    world.acknowledge(incident, world.bo)
    world.now += timedelta(minutes=10)
    world.fires(severity="SEV-1")
    assert fresh(incident).quiet_until is None
    world.wait(hours=1)
    assert world.sent(), "the acknowledgement ran out, and it pages"


def test_a_window_that_is_planned_wakes_nothing_that_a_rule_keeps_quiet(world):
    world.rule()
    incident = world.fires()
    world.acknowledge(incident, world.bo)
    until = fresh(incident).quiet_until
    planned(world, begins=60, lasts=60)
    assert fresh(incident).quiet_until == until
    run(world, minutes=180)
    assert fresh(incident).quiet_until == until
    assert not world.sent()


def test_a_window_that_ends_leaves_what_the_rule_beneath_it_keeps_quiet(world):
    rule = world.rule(ends_at=world.later(hours=4))
    incident = world.fires()
    window = planned(world, begins=0, lasts=10 * 60)
    assert fresh(incident).parked_reason == "maintenance"
    world.now += timedelta(minutes=1)
    maintenance.end_window(window=window, by=TESTS, now=world.now)
    found = fresh(incident)
    assert (found.parked_reason, found.quiet_until) == ("suppressed", rule.ends_at)
    run(world, minutes=60)
    assert not world.sent()


def test_each_nights_window_does_not_start_again_what_was_exhausted(world):
    incident = world.fires("other", labels={"alertname": "Other"})
    world.wait(hours=2)
    paged = len(world.sent())
    assert fresh(incident).parked_reason == "exhausted"
    planned(world, begins=5, lasts=30)
    run(world, minutes=60)
    assert fresh(incident).parked_reason == "exhausted"
    assert len(world.sent()) == paged


def test_who_waited_for_the_incident_sees_the_window_that_has_begun_meanwhile(world):
    incident = world.fires("other", labels={"alertname": "Other"})
    read_before = fresh(incident)
    planned(world, begins=0, lasts=60)
    locked = fresh(incident)
    locked.service = read_before.service
    assert not read_before.service.has_maintenance
    assert in_maintenance_now([locked], at=world.now)


def test_what_is_acknowledged_in_a_window_keeps_its_step_outside_the_sequence(world):
    later = config.StepSpec(after=timedelta(minutes=20), targets=(config.TargetSpec(user=world.mia),))
    steps = [world.step(config.TargetSpec(user=world.ana)), later]
    config.change_policy(policy=world.service.policy, repeat=0, steps=steps, by=TESTS, now=world.now)
    incident = world.fires("other", labels={"alertname": "Other"})
    run(world, minutes=1)
    planned(world, begins=0, lasts=10)
    run(world, minutes=1)
    world.acknowledge(incident, world.bo)
    run(world, minutes=28)
    assert (world.mia.pk, "outside.2") not in asked(incident)
    run(world, minutes=2)
    assert (world.mia.pk, "outside.2") in asked(incident)


def test_one_that_cannot_be_decided_keeps_no_window_from_beginning_or_ending(world):
    broken = world.fires("broken", labels={"alertname": "Broken"})
    other = world.fires("other", labels={"alertname": "Other"})
    Incident.objects.filter(pk=broken.pk).update(policy={"of": "a later version"})
    window = planned(world, begins=0, lasts=60)
    assert fresh(other).parked_reason == "maintenance"
    assert fresh(broken).parked_reason == ""
    maintenance.end_window(window=window, by=TESTS, now=world.now + timedelta(minutes=1))
    assert fresh(other).quiet_until is None


def test_nobody_is_handed_an_incident_where_nobody_is_paged(world):
    incident = world.fires("other", labels={"alertname": "Other"})
    planned(world, begins=0, lasts=60)
    with pytest.raises(respond.Refused, match="in maintenance until"):
        respond.reassign(incident_id=incident.pk, users=[world.bo], by=TESTS, now=world.now)


def test_what_came_in_a_window_is_as_urgent_as_it_is_at_its_end(world):
    hours = {
        "days": ["mon", "tue", "wed", "thu", "fri"],
        "start": "09:00",
        "end": "18:00",
        "time_zone": "UTC",
    }
    config.change_service(service=world.service, support_hours=hours, by=TESTS, now=world.now)
    world.now = world.now.replace(hour=16)
    planned(world, begins=0, lasts=11 * 60)
    incident = world.fires("other", labels={"alertname": "Other"}, severity="SEV-3")
    assert fresh(incident).urgency == "high"
    run(world, minutes=11 * 60 + 5)
    found = fresh(incident)
    assert (found.parked_reason, found.urgency) == ("low urgency", "low")
    assert not world.sent()


def test_who_has_acknowledged_is_not_asked_in_turn(world):
    """Of two who have to answer, the one who has is passed over for the next of the list."""
    set_members(
        team=world.team, members={world.ana: "responder", world.bo: "responder", world.mia: "manager"},
        by=TESTS, now=world.now,
    )  # fmt: skip
    turn = config.TargetSpec(team=world.team, role="responder", pick="round_robin")
    config.change_policy(
        policy=world.service.policy, repeat=0, acknowledgements=2,
        steps=[world.step(turn), world.step(turn), world.step(turn)], by=TESTS, now=world.now,
    )  # fmt: skip
    incident = world.fires("other", labels={"alertname": "Other"})
    run(world, minutes=1)
    ((first, _),) = asked(incident)
    world.acknowledge(incident, User.objects.get(pk=first))
    run(world, minutes=5)
    run(world, minutes=5)
    later = {user for user, run_ in asked(incident)[1:]}
    assert first not in later
    assert not any("managers" in run_ for _, run_ in asked(incident))


def asked(incident):
    rows = Page.objects.filter(cause=f"incident:{incident.pk}").exclude(urgency="info")
    return list(rows.order_by("pk").values_list("user_id", "run"))
