"""What will hurt about a policy is said by doctor, by an apply and by the admin, and stops none of them."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from escalation.actions import config
from escalation.advising import advise
from escalation.core.condition import Condition, Hours
from escalation.core.unpaged import unpaged
from escalation.core.urgency import DEFAULTS
from oncall import actions as oncall
from oncall.core.definition import Definition
from people.actions import deactivate_user
from tests.provisioning.organisations import SMALL, put
from tests.world import MINUTE, TESTS

OFFICE = {"days": ["mon"], "start": "09:00", "end": "17:00", "time_zone": "UTC"}


def said(world, *steps, acknowledgements=1):
    if steps:
        config.change_policy(
            policy=world.policy,
            repeat=0,
            steps=steps,
            acknowledgements=acknowledgements,
            by=TESTS,
            now=world.now,
        )
    return [one.what for one in advise(Q(pk=world.policy.pk), now=world.now)[world.policy.pk]]


def step(user, **when):
    return config.StepSpec(timeout=MINUTE, targets=[config.TargetSpec(user=user)], **when)


def test_a_sound_policy_gives_no_advice(world):
    assert said(world) == []


def test_severities_that_no_step_pages_at_are_named_for_each_service(world):
    what = (
        "Escalation policy “Payments”: no step of the sequence pages at {} of service “payments-api”; the "
        "team's managers are asked at once instead."
    )
    assert said(world, step(world.bo, severities=["SEV-1"])) == [what.format("SEV-2, SEV-3")]
    world.service.urgency = {"SEV-2": "low", "SEV-3": "low"}
    world.service.save()
    assert said(world) == []


def test_hours_that_no_step_pages_at_are_named(world):
    world.service.support_hours = OFFICE
    world.service.save()
    found = said(world, step(world.bo, hours="support"))
    assert len(found) == 1
    assert "pages at SEV-1 outside support hours, SEV-2 outside support hours of service" in found[0]
    assert said(world, step(world.bo, hours="support"), step(world.ana, hours="outside")) == []


def test_support_hours_that_a_service_has_not_are_told(world):
    found = said(world, step(world.bo, hours="support"))
    what = "asks for support hours, and service “payments-api” has none: it pages at any hour."
    assert found == [f"Escalation policy “Payments” {what}"]


@pytest.mark.parametrize(("wanted", "told"), [(2, False), (3, True)])
def test_more_answers_than_people_are_told(world, wanted, told):
    found = said(world, step(world.bo), step(world.mia), acknowledgements=wanted)
    assert ["wants 3 people to acknowledge, and its steps page 2" in line for line in found] == [True] * told


def test_a_schedule_without_layers_is_told(world):
    empty = oncall.create_schedule(
        name="Empty", team=world.team, time_zone="UTC", holidays="",
        definition=Definition.from_json({"roles": {"primary": {"layers": []}}}), by=TESTS, now=world.now,
    )  # fmt: skip
    target = config.TargetSpec(schedule=empty, role="primary")
    found = said(world, config.StepSpec(timeout=MINUTE, targets=[target]))
    assert "asks for “primary” of schedule “Empty”, which has no layers: nobody is on call." in found[0]


def test_a_role_that_was_taken_out_of_its_schedule_is_told(world):
    oncall.new_version(
        schedule=world.schedule, time_zone="UTC", holidays="",
        definition=Definition.from_json({"roles": {"primary": {"layers": []}}}), by=TESTS, now=world.now,
    )  # fmt: skip
    assert any(
        "“secondary” of schedule “Payments”, which has no such role any more" in line for line in said(world)
    )


def test_only_steps_outside_the_sequence_from_before_are_told(world):
    world.policy.steps.update(timeout=None, after=MINUTE)
    assert "has only steps outside the sequence" in said(world)[0]


def test_any_number_of_policies_takes_the_same_queries(world):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as done:
            advise(Q(), now=world.now)
        return len(done)

    one = queries()
    for number in range(3):
        steps = [world.step(config.TargetSpec(schedule=world.schedule, role="primary"))]
        policy = config.create_policy(name=f"P{number}", repeat=0, steps=steps, by=TESTS, now=world.now)
        config.create_service(name=f"S{number}", policy=policy, by=TESTS, now=world.now)
    assert queries() == one


def test_a_dumb_look_at_every_severity_and_hour_says_the_same():
    """Of each rule, each severity: is any step's condition true in, and out of, the hours?"""
    every = [
        Condition(severities=severities, hours=hours)
        for severities in ((), ("SEV-1",), ("SEV-2", "SEV-3"))
        for hours in Hours
    ]
    for first in every:
        for second in every:
            silent = []
            for severity, rule in DEFAULTS.items():
                moments = {"high": ["support", "outside"], "support_hours": ["support"], "low": []}[rule]
                missed = [
                    moment for moment in moments
                    if not any(
                        (not one.severities or severity in one.severities) and one.hours in ("", moment)
                        for one in (first, second)
                    )
                ]  # fmt: skip
                words = {"support": " in support hours", "outside": " outside support hours"}
                silent += [severity] if len(missed) == 2 else [severity + words[one] for one in missed]
            assert list(unpaged([first, second], rules={}, has_hours=True)) == silent


def test_an_apply_says_what_it_causes_and_applies_it(db):
    put(SMALL)
    plan = put(SMALL.replace("{timeout: 5m, targets", "{timeout: 5m, when: {severity: [SEV-1]}, targets"))
    told = [one.finding.what for one in plan.advice if one.new]
    assert any("no step of the sequence pages at SEV-2, SEV-3 of service “api”" in line for line in told)
    again = put(SMALL.replace("{timeout: 5m, targets", "{timeout: 5m, when: {severity: [SEV-1]}, targets"))
    assert again.advice == ()


# What happens meanwhile.


def test_a_person_who_leaves_and_a_schedule_that_is_retired_are_survived_and_told(world, capsys):
    incident = world.alert()
    oncall.retire_schedule(schedule=world.schedule, by=TESTS, now=world.now)
    deactivate_user(user=world.mia, by=TESTS, now=world.now)
    world.wait(minutes=1)
    assert world.sent() == []
    incident.refresh_from_db()
    assert (incident.status, incident.wake_at is not None) == ("triggered", True)
    timeline = world.timeline(incident)
    assert sum("the step is skipped at once" in line for line in timeline) == 3
    assert any("there was nobody to page" in line and "Payments primary" in line for line in timeline)
    with pytest.raises(SystemExit):
        call_command("doctor")
    out = capsys.readouterr().out
    assert "Escalation policy “Payments” asks schedule “Payments”, which is retired." in out
    assert "Escalation policy “Payments” pages Mia Falk, who has left." in out
    world.wait(days=1)
    incident.refresh_from_db()
    assert incident.parked_reason == "exhausted" or incident.wake_at > world.now - timedelta(minutes=15)
