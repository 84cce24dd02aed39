"""Managers see in the admin whether a page would reach their people, and never a code."""

import json

import pytest

from paging import dispatch
from paging.actions import verifying
from paging.models import Verification
from people.ledger.record import Actor
from tests.admin.filled import filled

NUMBER = "+14155550131"


def page_of(person):
    return f"/admin/people/user/{person.pk}/change/"


def add(world):
    return verifying.add_own_method(
        user=world.bo, kind="sms", address=NUMBER, by=Actor.person(world.bo), now=world.now
    )


def test_a_person_s_page_says_what_is_wanting(mia, world):
    add(world)
    said = mia.get(page_of(world.bo)).content.decode()
    assert "unverified: SMS (+1415…0131)" in said
    assert "only email at high urgency" in said
    assert "no test page in 90 days" in said


@pytest.mark.django_db(transaction=True)
def test_a_manager_sees_no_code_on_any_page(mia, world, capsys):
    add(world)
    capsys.readouterr()
    dispatch.send_due(clock=lambda: world.now)
    lines = [json.loads(one)["outbox"] for one in capsys.readouterr().out.splitlines() if "outbox" in one]
    (sent,) = [one["text"].split()[0] for one in lines if "is your code" in one["text"]]
    for path in (
        page_of(world.bo),
        "/admin/paging/attempt/",
        "/admin/paging/notification/",
        "/admin/ledger/entry/",
    ):
        answer = mia.get(path)
        assert answer.status_code == 200
        assert sent not in answer.content.decode()


def test_saving_a_person_leaves_a_method_that_waits_for_its_code(mia, world):
    method = add(world)
    mia.post(page_of(world.bo), filled(mia.get(page_of(world.bo)), name="Bo Lindh"))
    world.bo.refresh_from_db()
    method.refresh_from_db()
    assert world.bo.name == "Bo Lindh"
    assert (method.verified_at, method.disabled_reason) == (None, "")
    assert Verification.objects.count() == 1


def test_a_manager_who_vouches_for_it_verifies_it(mia, world):
    method = add(world)
    place = list(world.bo.contact_methods.order_by("pk").values_list("pk", flat=True)).index(method.pk)
    mia.post(page_of(world.bo), filled(mia.get(page_of(world.bo)), **{f"contact_methods-{place}-used": "on"}))
    method.refresh_from_db()
    assert method.verified_at == world.now
