"""My call-outs on their page: what each counts for, what I say of it, and who decides."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client

from oncall.compensation.called_out import corrections_seen
from oncall.compensation.models import Correction
from paging.models import Page
from people.actions import set_members
from tests.oncall.compensation.test_corrections import Woken
from tests.world import TESTS

URL = "/pay/call-outs"


@pytest.fixture
def woken(db):
    made = Woken()
    with time_machine.travel(made.now, tick=False):
        yield made


def browser(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(user, query=""):
    answer = browser(user).get(f"{URL}{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def asks(woken, who=None, **fields):
    body = {"user": "ana", "page": woken.page, "start": "2026-03-03T02:10", "end": "2026-03-03T04:10"}
    answer = browser(who or woken.ana).post(
        f"{URL}/correct", body | {"why": "<i>worked on</i>"} | fields, follow=True
    )
    return answer.status_code, answer.content.decode()


def test_each_call_out_says_when_what_for_and_what_it_counts_for(woken):
    said = page(woken.ana)
    assert "Tue 3 Mar 2026 02:10" in said
    assert "counts for 60 min, 30.00 GBP, 240 min in lieu" in said
    assert "night, woken · primary of Payments" in said
    assert '<a href="/incidents/' in said
    assert "resolved by Ana Ruiz" in said
    assert "Rest until" in said
    assert "Tue 3 Mar 13:35" in said
    assert "Times are in UTC." in said


def test_other_times_are_asked_for_and_decided_by_a_manager(woken):
    _, said = asks(woken)
    assert "other times are asked for" in said
    assert "&lt;i&gt;worked on" in said
    row = Correction.objects.get()
    assert "Approve" not in said, "nobody decides their own"
    queue = page(woken.mia)
    assert "the call-out of 2026-03-03 02:10 lasted from 2026-03-03 02:10 to 04:10 (UTC)" in queue
    browser(woken.mia).post(f"{URL}/corrections/{row.pk}/approve")
    assert "counts for 120 min, 60.00 GBP" in page(woken.ana)
    assert "Waiting for your decision" not in page(woken.mia)


def test_who_managed_them_in_that_month_is_asked_and_decides_and_of_later_months_sees_none(woken):
    """Ana has gone to another team since; Mia has her pay of March to answer for, and none of April."""
    members = {woken.mia: "manager", woken.max: "manager"}
    set_members(team=woken.world.team, members=members, by=TESTS, now=woken.now)
    asks(woken)
    row = Correction.objects.get()
    assert Page.objects.filter(user=woken.mia, cause=f"pay:{woken.ana.pk}").exists(), "she was told to decide"
    assert "lasted from 2026-03-03 02:10 to 04:10" in page(woken.mia)
    assert f"/corrections/{row.pk}/approve" not in page(woken.stranger)
    answer = browser(woken.stranger).post(f"{URL}/corrections/{row.pk}/approve")
    assert answer.status_code == 404
    browser(woken.mia).post(f"{URL}/corrections/{row.pk}/approve")
    row.refresh_from_db()
    assert row.state == "approved"
    april = datetime(2026, 4, 3, 2, tzinfo=UTC)
    Correction.objects.filter(pk=row.pk).update(start=april, end=april, about_at=april)
    assert not corrections_seen(woken.mia).exists()
    assert corrections_seen(woken.ana).exists()


def test_declined_it_says_by_whom_and_taken_back_it_is_gone(woken):
    asks(woken)
    row = Correction.objects.get()
    answer = browser(woken.mia).post(f"{URL}/corrections/{row.pk}/decline", {"why": ""}, follow=True)
    assert "Say why" in answer.content.decode()
    browser(woken.mia).post(f"{URL}/corrections/{row.pk}/decline", {"why": "no"})
    assert "declined by Mia Falk" in page(woken.ana).lower().replace("mia falk", "Mia Falk")
    asks(woken, none="1")
    browser(woken.ana).post(f"{URL}/corrections/{Correction.objects.latest('pk').pk}/withdraw")
    assert Correction.objects.latest("pk").state == "dropped"


def test_work_without_a_page_is_added_and_a_manager_enters_it_for_somebody(woken):
    _, said = asks(woken, woken.mia, page="", start="2026-03-03T06:00", end="2026-03-03T07:00")
    assert "Call-outs of Ana Ruiz" in said
    assert Correction.objects.get().asked_by == woken.mia
    assert "Waiting for your decision" not in said
    assert "Waiting for your decision" in page(woken.max)
    browser(woken.max).post(f"{URL}/corrections/{Correction.objects.get().pk}/approve")
    assert "without a page, as approved" in page(woken.ana)


@pytest.mark.parametrize(
    "fields",
    [
        {"start": "", "end": ""},
        {"start": "x"},
        {"end": "2026-03-03T01:00"},
        {"end": "2026-03-09T01:00"},
        {"start": "0001-01-01T00:00"},
        {"page": "x"},
        {"page": "9" * 30},
        {"page": "²"},
        {"page": "999"},
        {"why": ""},
        {"why": "\x00"},
    ],
)
def test_bad_input_is_said_on_the_page_and_changes_nothing(woken, fields):
    status, said = asks(woken, **fields)
    assert status == 200
    assert 'class="said error"' in said
    assert not Correction.objects.exists()


def test_others_see_none_of_it(woken):
    asks(woken)
    number = Correction.objects.get().pk
    for stranger in (woken.stranger, woken.world.bo):
        assert browser(stranger).get(f"{URL}?user=ana").status_code == 404
        assert asks(woken, stranger)[0] == 404
        assert browser(stranger).post(f"{URL}/corrections/{number}/approve").status_code == 404
        assert "Ana" not in page(stranger)
    assert browser(woken.mia).get(f"{URL}?user=nobody").status_code == 404
    assert browser(woken.mia).get(f"{URL}?user=%00").status_code == 200
    assert Client().get(URL).status_code == 302
    assert Correction.objects.get().state == "asked"


def test_a_rest_that_was_cut_short_is_shown_to_the_person_and_to_their_managers(woken):
    world = woken.world
    incident = world.alert("late")
    world.tick()
    world.acknowledge(incident, woken.ana)
    world.wait(minutes=5)
    with time_machine.travel(world.now, tick=False):
        assert "You: answered a page" in page(woken.ana)
        assert "Ana Ruiz: answered a page" in page(woken.mia)
        assert "answered a page" not in page(world.bo)
