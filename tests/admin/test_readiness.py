"""Managers see in the admin whether a page would reach their people, and never a code."""

import json

import pytest

from paging import dispatch
from paging.actions import contacts, testing, verifying
from paging.models import Notification, Verification
from people.ledger.record import Actor
from tests.admin.filled import filled
from tests.world import TESTS

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
    assert "Unverified: SMS (+1415…0131). Enter the code that was sent to it." in said
    assert "Only email at high urgency" in said
    assert "No test page in 90 days" in said


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


def test_the_list_of_people_says_who_is_ready_and_what_the_worst_is(mia, world):
    add(world)
    testing.send_test_page(user=world.ana, urgency="high", by=Actor.person(world.ana), now=world.now)
    Notification.objects.update(state="sent", sent_at=world.now)
    said = {row.username: row.remarks for row in mia.get("/admin/people/user/").context["cl"].result_list}
    assert [remark.lack for remark in said["bo"]] == ["unverified", "only_email", "untested"]
    assert [remark.lack for remark in said["ana"]] == ["only_email"]
    page = mia.get("/admin/people/user/").content.decode()
    assert "unverified method +2" in page
    assert "nobody can page them" in page  # root, who has no contact method


@pytest.mark.parametrize(
    ("lacks", "found"),
    [
        ("unverified", {"bo"}),
        ("no_way", {"root"}),
        ("opted_out", set()),
        ("ready", {"ana"}),
        ("nonsense", {"ana", "bo", "mia", "zoe", "root"}),
    ],
)
def test_people_are_filtered_by_what_they_lack(mia, world, lacks, found):
    add(world)
    contacts.set_contact_method(user=world.ana, kind="sms", address=NUMBER, by=TESTS, now=world.now)
    testing.send_test_page(user=world.ana, urgency="high", by=Actor.person(world.ana), now=world.now)
    Notification.objects.update(state="sent", sent_at=world.now)
    shown = mia.get(f"/admin/people/user/?lacks={lacks}").context["cl"].result_list
    assert {row.username for row in shown} == found


def test_a_person_s_page_says_how_each_method_stands(mia, world):
    add(world)
    contacts.disable_contact_method(
        method=world.bo.contact_methods.get(kind="email"), reason="no such box", by=TESTS, now=world.now
    )
    said = mia.get(page_of(world.bo)).content.decode()
    assert "waits for its code" in said
    assert "disabled: no such box" in said
    assert "verified 2 Mar 2026" in mia.get(page_of(world.ana)).content.decode()
