"""Pager load in the admin: thresholds are new versions, managers see their own teams, nothing is deleted."""

from datetime import time, timedelta

import pytest
from django.urls import reverse

from people.ledger.models import Entry
from tests.admin.conftest import mia, root, world, zoe  # noqa: F401 - fixtures
from watchbill.reports.forms.terms import TermsForm
from watchbill.reports.models import Delivery, FollowUp, Mailing, StoredReport, Terms

pytestmark = pytest.mark.django_db
MODELS = ("terms", "mailing", "storedreport", "delivery", "followup")


def listing(model):
    return reverse(f"admin:reports_{model}_changelist")


def page(model, row):
    return reverse(f"admin:reports_{model}_change", args=[row.pk])


def adding(model):
    return reverse(f"admin:reports_{model}_add")


@pytest.fixture
def rows(world):  # noqa: F811
    """One of each, of Payments."""
    week = {"since": world.now - timedelta(days=7), "until": world.now, "made_at": world.now}
    numbers = {"red": 1, "amber": 0, "green": 3, "pages": 9}
    report = StoredReport.objects.create(team=world.team, kind="weekly", body={}, **week, **numbers)
    return {
        "terms": Terms.objects.create(team=world.team, number=1, created_at=world.now),
        "mailing": Mailing.objects.create(team=world.team),
        "storedreport": report,
        "delivery": Delivery.objects.create(
            report=report,
            user=world.mia,
            state="given_up",
            due_at=world.now,
            tries=5,
            error="550 no such mailbox",
        ),
        "followup": FollowUp.objects.create(
            team=world.team,
            service="payments-api",
            key="DiskFull",
            what="Raise the limit",
            owner=world.ana,
            due=world.now.date(),
            created_at=world.now,
            created_by=world.mia,
        ),
    }


@pytest.mark.parametrize("model", MODELS)
def test_a_manager_sees_what_is_of_their_teams_and_no_other(mia, zoe, rows, model):  # noqa: F811
    assert "Payments" in mia.get(listing(model)).content.decode()
    assert mia.get(page(model, rows[model])).status_code == 200
    assert "Payments" not in zoe.get(listing(model)).content.decode()
    assert zoe.get(page(model, rows[model])).status_code == 302, "as if there were none"


@pytest.mark.parametrize("model", MODELS)
def test_nothing_is_deleted_and_records_are_only_read(root, rows, model):  # noqa: F811
    address = reverse(f"admin:reports_{model}_delete", args=[rows[model].pk])
    assert root.post(address, {"post": "yes"}).status_code == 403
    if model not in {"terms", "mailing"}:
        assert root.post(page(model, rows[model]), {}).status_code == 403
        assert root.get(adding(model)).status_code == 403


def test_the_first_thresholds_of_a_team_are_written_in_its_form(mia, world):  # noqa: F811
    shown = mia.get(adding("terms")).content.decode()
    assert "Between 22:00 and 8:00 by their own clock, in any seven nights. Usual: 2." in shown
    said = {
        "team": world.team.pk,
        "sleep_interruptions_amber": "1",
        "one_key_red": "0.4",
        "labels_needed": "8",
    }
    assert mia.post(adding("terms"), said).status_code == 302
    row = Terms.objects.get()
    assert row.thresholds == {
        "sleep_interruptions": ["1", "4"],
        "one_key": ["3/10", "2/5"],
        "labels_needed": 8,
    }
    assert row.created_by == world.mia
    assert Entry.objects.filter(verb="load_terms.set").get().actor_name == "Mia Falk (admin)"


def test_saving_the_version_in_force_makes_the_next_one_and_older_ones_stay(mia, rows):  # noqa: F811
    first = rows["terms"]
    assert mia.post(page("terms", first), {"in_one_night_red": "3"}).status_code == 302
    second = Terms.objects.get(number=2)
    assert second.thresholds == {"in_one_night": ["2", "3"]}
    assert mia.post(page("terms", first), {"in_one_night_red": "9"}).status_code == 403
    assert Terms.objects.count() == 2
    form = mia.get(page("terms", second)).content.decode()
    assert 'name="in_one_night_red" value="3"' in " ".join(form.split())
    assert "set at the team" in form
    assert "amber from 2, red from 3" in mia.get(listing("terms")).content.decode()


def test_saving_without_a_change_makes_no_version(mia, rows):  # noqa: F811
    assert mia.post(page("terms", rows["terms"]), {}).status_code == 302
    assert Terms.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"one_key_red": "40"}, "40 is more than all of them; write a part of one, such as 0.3 for 30 %."),
        ({"short_rests_amber": "3"}, "Amber (3) comes before red (2)"),
        ({"short_rests_amber": "some"}, "is no pair of numbers"),
        ({"labels_needed": "0"}, "greater than or equal to 1"),
        ({}, "All of this is usual"),
    ],
)
def test_what_makes_no_sense_is_said_on_the_form(mia, world, given, fault):  # noqa: F811
    answer = mia.post(adding("terms"), {"team": world.team.pk, **given})
    assert answer.status_code == 200
    assert fault in answer.content.decode()
    assert not Terms.objects.exists()


def test_a_manager_sets_nothing_for_another_team(zoe, world, rows):  # noqa: F811
    answer = zoe.post(adding("terms"), {"team": world.team.pk, "labels_needed": "8"})
    assert answer.status_code == 200
    zoe.post(page("mailing", rows["mailing"]), {"weekday": 3, "at": "10:00"})
    assert Terms.objects.count() == 1
    assert Mailing.objects.get().weekday == 0


def test_when_and_to_whom_is_set(mia, world, rows):  # noqa: F811
    said = {"weekday": 3, "at": "10:30", "to": [world.ana.pk], "after_shift": ""}
    assert mia.post(page("mailing", rows["mailing"]), said).status_code == 302
    row = Mailing.objects.get()
    assert (row.weekday, row.at, list(row.to.all()), row.after_shift) == (3, time(10, 30), [world.ana], False)
    assert Entry.objects.filter(verb="load_mailing.set").count() == 1
    assert "Thursday 10:30 (UTC)" in mia.get(listing("mailing")).content.decode()


def test_who_is_not_in_the_team_is_refused_as_a_reader(mia, world, rows):  # noqa: F811
    eve = world.person("eve", "Eve")
    answer = mia.post(page("mailing", rows["mailing"]), {"weekday": 3, "at": "10:30", "to": [eve.pk]})
    assert answer.status_code == 200
    assert "Eve is not in Payments and may not read its reports" in answer.content.decode()
    assert not Mailing.objects.get().to.exists()


def test_why_a_mail_did_not_leave_is_said_in_words(mia, rows):  # noqa: F811
    shown = mia.get(page("delivery", rows["delivery"])).content.decode()
    assert "Given up, for the reason below." in shown
    assert "550 no such mailbox" in shown
    assert f"/load/reports/{rows['storedreport'].uid}/" in shown


def test_the_form_has_a_field_for_every_number():
    assert len(TermsForm.base_fields) == 1 + 2 * 12 + 2
