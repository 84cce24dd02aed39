"""Corrections of call-outs in the admin: decided by managers, and seen by nobody else."""

import pytest
import time_machine
from django.urls import reverse

from oncall.compensation.models import Correction
from people.models import Membership, Team, User
from tests.admin.conftest import browser
from tests.admin.filled import filled
from tests.oncall.compensation.test_corrections import Woken

pytestmark = pytest.mark.django_db
LIST = "/admin/compensation/correction/"


@pytest.fixture
def woken():
    made = Woken()
    User.objects.filter(username__in=["ana", "bo", "mia", "max", "kim"]).update(is_staff=True)
    others = Team.objects.create(name="Others")
    Membership.objects.create(team=others, user=made.stranger, role="manager")
    made.root = User.objects.create_superuser("root", "root@example.com")
    with time_machine.travel(made.now, tick=False):
        yield made


def who(name):
    return browser(User.objects.get(username=name))


def page(row):
    return reverse("admin:compensation_correction_change", args=[row.pk])


def decide(client, row, **said):
    address = page(row)
    return client.post(address, filled(client.get(address), **said), follow=True)


@pytest.mark.parametrize("name", ["mia", "max", "root"])
def test_managers_of_a_team_of_theirs_decide_on_the_page_and_from_the_list(woken, name):
    row = woken.ask()
    assert "lasted from 2026-03-03 02:10 to 04:10" in who(name).get(LIST).content.decode()
    decide(who(name), row, decision="approve")
    assert Correction.objects.get().state == "approved"
    refused = decide(who(name), row, decision="decline", words="")
    assert "Say why" in refused.content.decode()
    decide(who(name), row, decision="decline", words="the wrong night")
    assert Correction.objects.get().state == "declined"
    again = woken.ask()
    who(name).post(LIST, {"action": "approve", "_selected_action": [again.pk]})
    again.refresh_from_db()
    assert (again.state, again.decided_by.username) == ("approved", name)


def test_who_asked_and_whom_it_is_about_decide_nothing(woken):
    row = woken.ask(by=woken.mia)
    assert 'name="decision"' not in who("mia").get(page(row)).content.decode()
    answer = who("mia").post(LIST, {"action": "approve", "_selected_action": [row.pk]}, follow=True)
    assert "You asked for it" in answer.content.decode()
    who("mia").post(page(row), {"decision": "approve"})
    assert Correction.objects.get().state == "asked"


def test_managers_find_it_by_what_it_says(woken):
    woken.ask(why="SECRET")
    assert "02:10 lasted" in who("mia").get(f"{LIST}?q=SECRET").content.decode()


def test_nobody_elses_is_seen_by_any_door(woken):
    row = woken.ask(why="SECRET")
    for name in ("kim", "bo"):
        for query in ("", "?q=SECRET", f"?user__id__exact={woken.ana.pk}", "?state__exact=asked"):
            assert "02:10 lasted" not in who(name).get(f"{LIST}{query}").content.decode()
        assert "SECRET" not in who(name).get(page(row), follow=True).content.decode()
        who(name).post(LIST, {"action": "approve", "_selected_action": [row.pk]})
        who(name).post(page(row), {"decision": "approve"})
    ledger = who("kim").get("/admin/ledger/entry/").content.decode()
    assert "SECRET" not in ledger
    assert "02:10 lasted" not in ledger
    assert Correction.objects.get().state == "asked"
    assert who("mia").get(f"{LIST}add/").status_code == 403
