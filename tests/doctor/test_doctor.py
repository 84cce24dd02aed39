"""What would fail tonight is said before it does."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command

from escalation.actions import config, webhooks
from escalation.models import Incident
from oncall import actions as oncall
from oncall.core.definition import Definition
from oncall.core.finding import Level
from paging.actions import contacts
from people.actions import deactivate_user
from tests.world import TESTS, World
from watchbill.watch import pulse
from watchbill.watch.models import Trouble


@pytest.fixture
def world(db):
    world = World()
    with time_machine.travel(world.now, tick=False):
        yield world


@pytest.fixture
def doctor(world, capsys):
    """Run it: the errors and warnings as text, and whether it would end with 1."""

    def run():
        capsys.readouterr()
        failed = False
        try:
            call_command("doctor", format="json")
        except SystemExit as ended:
            failed = ended.code == 1
        found = json.loads(capsys.readouterr().out)
        return (
            [row["what"] for row in found if row["level"] == Level.ERROR],
            [row["what"] for row in found],
            failed,
        )

    return run


def test_a_sound_organisation_has_no_error(doctor):
    errors, _, failed = doctor()
    assert (errors, failed) == ([], False)


def test_it_says_in_plain_words_how_many_things_would_fail(world, capsys):
    call_command("doctor")
    assert "Nothing would fail tonight" in capsys.readouterr().out


def test_a_person_on_call_without_a_usable_method(world, doctor):
    contacts.disable_contact_method(
        method=world.bo.contact_methods.get(), reason="gone", by=TESTS, now=world.now
    )
    errors, _, failed = doctor()
    assert failed
    assert errors == [
        "Bo Lind is on call for Payments from Mon 2026-03-02 10:00 UTC and has no usable contact method."
    ]


def test_a_person_who_left_and_still_stands_in_a_rotation(world, doctor):
    deactivate_user(user=world.bo, by=TESTS, now=world.now)
    errors, said, _ = doctor()
    assert any("Bo Lind has left and still stands in Payments" in line for line in errors)
    assert any("nobody is on call from" in line for line in said)


def test_a_gap_within_a_day_is_an_error_and_a_later_one_a_warning(world, doctor):
    oncall.add_override(
        schedule=world.schedule, role="primary", kind="remove", start=world.now + timedelta(days=3),
        end=world.now + timedelta(days=4), user=world.ana, by=TESTS, now=world.now,
    )  # fmt: skip
    errors, said, _ = doctor()
    assert not errors
    assert any("Payments primary: nobody is on call from Thu 2026-03-05 10:00 UTC" in line for line in said)
    oncall.add_override(
        schedule=world.schedule, role="primary", kind="remove", start=world.now + timedelta(hours=3),
        end=world.now + timedelta(hours=4), user=world.ana, by=TESTS, now=world.now,
    )  # fmt: skip
    errors, _, _ = doctor()
    assert len(errors) == 1


def test_one_person_alone_in_a_rotation(world, doctor):
    alone = {
        "roles": {
            "primary": {
                "layers": [{"name": "W", "participants": [[world.ana.pk]], "start": "2026-01-05T09:00"}]
            }
        }
    }
    oncall.new_version(
        schedule=world.schedule,
        time_zone="UTC",
        holidays="",
        definition=Definition.from_json(alone),
        by=TESTS,
        now=world.now,
    )
    errors, _, _ = doctor()
    assert any("carried by 1 person" in line for line in errors)


def test_a_policy_that_tells_webhooks_alone(world, doctor):
    hook = webhooks.create_webhook(name="Ops bus", url="https://hooks.acme.example/", by=TESTS, now=world.now)
    tells = config.TargetSpec(webhook=hook)
    said = "Escalation policy “Payments” tells webhooks alone: no person is paged before the managers."
    for targets, wrong in (((tells,), True), ((tells, config.TargetSpec(user=world.ana)), False)):
        steps = [world.step(*targets)]
        config.change_policy(policy=world.policy, repeat=0, steps=steps, by=TESTS, now=world.now)
        assert (said in doctor()[0]) is wrong


def test_a_policy_that_pages_somebody_who_left(world, doctor):
    deactivate_user(user=world.mia, by=TESTS, now=world.now)
    errors, _, _ = doctor()
    assert "Escalation policy “Payments” pages Mia Falk, who has left." in errors


@pytest.mark.parametrize(("seconds", "late"), [(60, False), (61, True)])
def test_an_engine_that_does_not_look(world, doctor, seconds, late):
    incident = world.alert()
    Incident.objects.filter(pk=incident.pk).update(wake_at=world.now - timedelta(seconds=seconds))
    errors, _, _ = doctor()
    assert any("nobody decides or sends" in line for line in errors) is late


def test_what_nothing_acts_on_is_said(world, doctor):
    _, said, _ = doctor()
    assert any("outbox only" in line for line in said)
    assert any("no fallback contact" in line for line in said)


def test_what_other_processes_have_seen_for_a_minute_is_said(world, doctor):
    given = {"began_at": world.now, "found_at": world.now, "seen_at": world.now}
    Trouble.objects.create(kind="provider:smtp", title="Provider “smtp” fails", told_at=world.now, **given)
    Trouble.objects.create(kind="clock:db1", title="The clock of db1 is wrong", told_at=world.now, **given)
    Trouble.objects.create(kind="provider:twilio", title="Not told yet", **given)
    Trouble.objects.create(
        kind="clock:db2", title="It is over", told_at=world.now, ended_at=world.now, **given
    )
    _, found, _ = doctor()
    said = "\n".join(found)
    assert "Provider “smtp” fails, since 2026-03-02 10:00 UTC." in said
    assert "The clock of db1 is wrong" in said
    assert "Not told yet" not in said
    assert "It is over" not in said


def test_an_engine_that_has_not_looked_for_a_minute_is_a_warning_while_nothing_is_due(world, doctor):
    pulse.looked(now=world.now - timedelta(minutes=2))
    errors, found, _ = doctor()
    assert errors == []
    assert any("Nothing has looked for due rows since 2026-03-02 09:58:00 UTC." in line for line in found)


def test_a_broker_that_does_not_answer_is_a_warning(doctor, settings):
    settings.EMBEDDED, settings.CELERY_BROKER_URL = False, "redis://127.0.0.1:1/0"
    errors, found, failed = doctor()
    assert any(line.startswith("The broker does not answer") for line in found)
    assert (errors, failed) == ([], False)
