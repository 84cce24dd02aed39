"""A policy that would page nobody, or for ever, is refused when somebody writes it, by whatever door."""

from datetime import timedelta

import pytest

from escalation.actions import config
from escalation.actions.config import ConfigError, StepSpec, TargetSpec
from escalation.models import EscalationPolicy
from oncall import actions as oncall
from oncall.core.definition import Definition
from people.actions import deactivate_user
from people.ledger.models import Entry
from tests.provisioning.organisations import NOW, SMALL, done, put, refused
from tests.world import MINUTE, TESTS, World
from watchbill.provisioning.export import export

pytestmark = pytest.mark.django_db
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.fixture
def world() -> World:
    return World()


def said(world, *, repeat=0, acknowledgements=1, steps=None, **words):
    """What is refused, of a policy whose one step says `words`; empty where nothing is."""
    spec = StepSpec(**({"timeout": MINUTE, "targets": [TargetSpec(user=world.bo)]} | words))
    given = {"repeat": repeat, "acknowledgements": acknowledgements, "steps": steps or [spec]}
    before = Entry.objects.count()
    try:
        config.create_policy(name="P", by=TESTS, now=world.now, **given)
    except ConfigError as new:
        with pytest.raises(ConfigError) as changed:
            config.change_policy(policy=world.policy, by=TESTS, now=world.now, **given)
        assert str(changed.value) == str(new)
        assert Entry.objects.count() == before
        return str(new)
    return ""


@pytest.mark.parametrize(
    ("repeat", "refused"), [(-1, True), (0, False), (100, False), (101, True), (30000, True)]
)
def test_how_often_a_policy_runs_again(world, repeat, refused):
    assert ("runs again 0 to 100 times" in said(world, repeat=repeat)) == refused


@pytest.mark.parametrize(("wanted", "refused"), [(0, True), (1, False), (20, False), (21, True)])
def test_how_many_people_have_to_acknowledge(world, wanted, refused):
    assert ("From 1 to 20 people" in said(world, acknowledgements=wanted)) == refused


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ({"timeout": SECOND}, ""),
        ({"timeout": SECOND / 2}, "waits less than a second"),
        ({"timeout": timedelta(0)}, "waits no time at all"),
        ({"timeout": 7 * DAY}, ""),
        ({"timeout": 7 * DAY + SECOND}, "longer than 7 days"),
        ({"timeout": None, "after": 30 * DAY}, "stands outside the sequence"),
        ({"timeout": None, "after": 30 * DAY + SECOND}, "more than 30 days after the trigger"),
        ({"severities": ["SEV-1", "SEV-4"], "hours": "outside"}, ""),
        ({"severities": ["SEV-5"]}, "asks for severity “SEV-5”; write SEV-1"),
        ({"hours": "weekends"}, "asks for hours “weekends”; write support or outside"),
    ],
)
def test_what_a_step_may_wait_and_ask_for(world, words, fault):
    assert fault in said(world, **words)
    assert bool(said(world, **words) if fault else "") == bool(fault)


def test_only_steps_outside_the_sequence_page_nobody_at_first(world):
    after = StepSpec(after=MINUTE, targets=[TargetSpec(user=world.bo)])
    assert said(world, steps=[after, after]).startswith("Every step stands outside the sequence")


def test_two_hundred_steps_are_too_many(world):
    step = StepSpec(timeout=MINUTE, targets=[TargetSpec(user=world.bo)])
    assert "from 1 to 50 steps, and this one 200" in said(world, steps=[step] * 200)


def test_somebody_who_has_left_is_refused(world):
    deactivate_user(user=world.bo, by=TESTS, now=world.now)
    assert said(world) == "Step 1 pages Bo Lind, who has left; name somebody else."


@pytest.mark.parametrize(
    ("role", "fault"),
    [
        ("primary", ""),
        ("secondary", ""),
        ("tertiary", "asks for “tertiary” of “Payments”, which has no such role; it has primary, secondary."),
        ("shadow", "asks the shadow of “Payments”, who is shown and never paged; name another role."),
        ("", "pages schedule “Payments” without a role; name one."),
    ],
)
def test_a_role_that_pages_nobody_is_refused(world, role, fault):
    found = said(world, targets=[TargetSpec(schedule=world.schedule, role=role)])
    assert found == (f"Step 1 {fault}" if fault else "")


def empty(world, definition):
    return oncall.create_schedule(
        name="Empty", team=world.team, time_zone="UTC", holidays="",
        definition=Definition.from_json(definition), by=TESTS, now=world.now,
    )  # fmt: skip


def test_a_role_that_only_an_override_gives_is_one(world):
    schedule = empty(world, {"roles": {"lead": {"layers": []}}})
    laid_over = {"start": world.now + MINUTE, "end": world.now + DAY, "user": world.ana}
    oncall.add_override(schedule=schedule, role="lead", **laid_over, by=TESTS, now=world.now)
    says = {"time_zone": "UTC", "holidays": "", "definition": Definition()}
    oncall.new_version(schedule=schedule, **says, by=TESTS, now=world.now + SECOND)
    world.now += 2 * SECOND
    assert said(world, targets=[TargetSpec(schedule=schedule, role="lead")]) == ""
    fault = said(world, targets=[TargetSpec(schedule=schedule, role="primary")])
    assert "which has no such role; it has lead." in fault


def test_a_role_without_layers_is_one_and_is_warned_of_instead(world):
    schedule = empty(world, {"roles": {"primary": {"layers": []}}})
    assert said(world, targets=[TargetSpec(schedule=schedule, role="primary")]) == ""


def test_a_retired_schedule_is_refused(world):
    other = world.rotation("Old", [[world.ana.pk]])
    other = oncall.retire_schedule(schedule=other, by=TESTS, now=world.now)
    found = said(world, targets=[TargetSpec(schedule=other, role="primary")])
    assert found == "Step 1 asks schedule “Old”, which is retired; name another."


@pytest.mark.parametrize(
    ("target", "fault"),
    [
        (lambda w: TargetSpec(team=w.team, role="manager"), ""),
        (lambda w: TargetSpec(team=w.team), ""),
        (lambda w: TargetSpec(team=w.team, role="boss"), "pages role “boss” of team “Payments”"),
        (lambda w: TargetSpec(user=w.bo, role="primary"), "with a role, which a person does not take"),
        (
            lambda w: TargetSpec(user=w.bo, team=w.team),
            "not one of a schedule, a person, a team and a webhook",
        ),
    ],
    ids=["managers", "a team", "no such role", "a role of a person", "two things"],
)
def test_what_a_target_may_be(world, target, fault):
    assert fault in said(world, targets=[target(world)])


def test_one_target_twice_in_a_step_is_refused(world):
    twice = [TargetSpec(user=world.bo), TargetSpec(user=world.ana), TargetSpec(user=world.bo)]
    assert said(world, targets=twice) == "Step 1 names Bo Lind twice; once is enough."


def test_conditions_and_answers_are_kept_and_said_in_the_ledger(world):
    step = StepSpec(
        timeout=MINUTE, targets=[TargetSpec(user=world.bo)], severities=["SEV-2", "SEV-1"], hours="outside"
    )
    given = {"repeat": 1, "acknowledgements": 2, "steps": [step], "by": TESTS, "now": world.now}
    for _ in range(2):  # the second one writes nothing
        config.change_policy(policy=world.policy, **given)
    row = world.policy.steps.get()
    assert (row.severities, row.hours) == (["SEV-1", "SEV-2"], "outside")
    changed = Entry.objects.get(verb="policy.changed")
    assert changed.data["acknowledgements"] == [1, 2]
    assert changed.data["steps"][1] == ["0:01:00: Bo Lind, at SEV-1, SEV-2 outside support hours"]


# The same by a document.

POLICY = "  - name: Ops\n    steps:\n      - {timeout: 5m, targets: [{schedule: Ops}]}\n"


def small(steps="{timeout: 5m, targets: [{schedule: Ops}]}", policy=""):
    return SMALL.replace(POLICY, f"  - name: Ops\n{policy}    steps:\n      - {steps}\n")


def test_a_document_says_conditions_and_answers_and_comes_back_the_same():
    source = small(
        "{timeout: 5m, when: {severity: [SEV-2, SEV-1], hours: support}, targets: [{schedule: Ops}]}\n"
        "      - {timeout: 5m, when: {}, targets: [{user: ana}]}\n"
        "      - {after: 1h, when: {hours: outside}, targets: [{user: bo}]}",
        policy="    acknowledgements: 2\n",
    )
    put(source)
    assert EscalationPolicy.objects.get().acknowledgements == 2
    assert done(put(source)) == []
    written = export(now=NOW)
    assert "acknowledgements: 2" in written
    assert "when: {severity: [SEV-1, SEV-2], hours: support}" in written
    assert "when: {hours: outside}" in written
    assert written.count("when:") == 2
    assert done(put(written)) == []
    assert done(put(SMALL)) == ["change escalation policy Ops"]
    step = EscalationPolicy.objects.get().steps.get()
    assert (step.severities, step.hours) == (None, "")


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        (small(policy="    repeat: 101\n"), "repeat (line 17): Input should be less than or equal to 100."),
        (small(policy="    repeat: -1\n"), "Input should be greater than or equal to 0."),
        (small(policy="    acknowledgements: 0\n"), "Input should be greater than or equal to 1."),
        (small(policy="    acknowledgements: two\n"), "This has to be a whole number, not “two”."),
        (small("{timeout: 8d, targets: [{user: ana}]}"), "Step 1 waits longer than 7 days"),
        (small("{timeout: 0s, targets: [{user: ana}]}"), "is no time at all; write at least 1s"),
        (small("{after: 5m, targets: [{user: ana}]}"), "Every step stands outside the sequence"),
        (small("{timeout: 5m, targets: [{user: ana}, {user: ana}]}"), "Step 1 names Ana twice"),
        (small("{timeout: 5m, targets: [{schedule: Ops, role: boss}]}"), "has no role “boss”"),
        (small("{timeout: 5m, targets: [{user: gone}]}"), "There is no user “gone”"),
        (small("{timeout: 5m, when: {severity: SEV-1}, targets: [{user: ana}]}"), "This has to be a list"),
        (
            small("{timeout: 5m, when: {severity: [SEV-9]}, targets: [{user: ana}]}"),
            "“SEV-9” is not known here",
        ),
        (small("{timeout: 5m, when: {severity: []}, targets: [{user: ana}]}"), "This is empty"),
        (
            small("{timeout: 5m, when: {hours: night}, targets: [{user: ana}]}"),
            "write 'support' or 'outside'",
        ),
        (small("{timeout: 5m, when: {sev: [SEV-1]}, targets: [{user: ana}]}"), "Known: hours, severity."),
        (small("\n      - ".join(["{timeout: 5m, targets: [{user: ana}]}"] * 200)), "at most 50 are allowed"),
    ],
)
def test_a_document_that_makes_no_sense_is_refused_whole(source, fault):
    assert any(fault in line for line in refused(source)), refused(source)


def test_a_document_names_nobody_who_has_left():
    put(SMALL)
    put(
        SMALL.replace("{username: bo, ", "{username: bo, active: false, ")
        .replace(", bo: manager", "")
        .replace("[ana, bo]", "[ana]")
    )
    again = small("{timeout: 5m, targets: [{user: bo}]}").replace(
        "{username: bo, ", "{username: bo, active: false, "
    )
    again = again.replace(", bo: manager", "").replace("[ana, bo]", "[ana]")
    assert any("Step 1 pages bo, who has left" in line for line in refused(again))
