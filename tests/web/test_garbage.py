"""Garbage in an address or a form is answered, never an error of ours."""

import pytest

ADDRESSES = [
    "/?page=%00",
    "/incidents?page=%00&status=%00",
    f"/incidents?page={'9' * 5000}",
    "/p/%00",
    "/p/%F0%28%8C%28",
    f"/p/{'x' * 4000}",
    "/schedules/%00/quality",
    f"/schedules/{'x' * 5000}/quality",
    "/schedules/Payments/quality?role=%00&person=%00&what=%00",
    "/schedules/Payments/quality/?role=primary&person=mia&what=nights",
    "/login/?next=//evil.example/%00",
    "/admin/people/user/%00/change/",
    f"/admin/people/user/{10**30}/change/",
    f"/admin/people/user/{10**30}/act/deactivate/",
    "/admin/people/user/x/password/",
    "/admin/people/user/?q=%00",
    "/admin/people/user/?is_active__exact=%00",
    "/admin/ledger/entry/?verb__exact=%00",
    "/admin/ledger/entry/?at__year=%00",
    "/admin/escalation/incident/?status__exact=%00&o=%00",
    "/admin/escalation/incident/?service__id__exact=x",
    f"/admin/oncall/schedule/{10**30}/change/",
    "/admin/oncall/schedule/?p=%00",
    "/admin/escalation/alertrule/?running=%00&kind__exact=%00&service__id__exact=x",
    f"/admin/escalation/alertrule/{10**30}/change/",
    f"/admin/escalation/webhook/{10**30}/change/",
    "/admin/escalation/webhook/%00/change/",
    f"/admin/escalation/heartbeat/{10**30}/change/",
    f"/admin/escalation/maintenancewindow/{10**30}/change/",
    f"/admin/escalation/hotcall/{10**30}/change/",
    "/rules/new?incident=%00&service=%00&kind=%00",
    f"/rules/new?incident={'9' * 5000}",
    f"/rules/{'9' * 18}",
    "/rules/0/end",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_strange_address_is_no_error_of_ours(client, world, address):
    client.force_login(world.mia, backend="django.contrib.auth.backends.ModelBackend")
    for method in (client.get, client.post):
        assert method(address).status_code < 500


@pytest.mark.parametrize(
    "username", ["\x00", "ana\x00", "a" * 5000, "\ud800".encode("utf-8", "surrogatepass")]
)
def test_a_strange_login_is_refused_politely(client, world, username):
    answer = client.post("/login/", {"username": username, "password": "\x00"})
    assert answer.status_code == 200
    assert "do not fit" in answer.content.decode()


def test_a_login_leads_nowhere_else(client, world):
    world.ana.set_password("correct horse battery")
    world.ana.save()
    given = {"username": "ana", "password": "correct horse battery", "next": "https://evil.example/"}
    assert client.post("/login/", given).headers["Location"] == "/"
