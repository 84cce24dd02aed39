"""Who may do what in the admin, also with a request that no page of ours would send."""

import pytest
from django.contrib import admin
from django.urls import reverse

from people.ledger.models import Entry
from people.models import Membership
from tests.admin.conftest import browser
from tests.admin.filled import filled

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
NAMES = [f"{model._meta.app_label}_{model._meta.model_name}" for model in MODELS]
POWERS = {
    "is_superuser": "on",
    "is_staff": "on",
    "is_active": "on",
    "user_permissions": ["1", "2"],
    "groups": ["1"],
    "password": "pbkdf2_sha256$1$x$y",
}


def change(model, pk):
    return reverse(f"admin:{model}_change", args=[pk])


def test_who_has_not_logged_in_sees_the_login_page(client, world):
    for name in NAMES:
        assert client.get(reverse(f"admin:{name}_changelist")).headers["Location"].startswith("/admin/login/")


def test_a_responder_is_not_let_in(world):
    assert browser(world.ana).get("/admin/").status_code == 302


@pytest.mark.parametrize("name", NAMES)
def test_every_list_opens_for_a_manager(mia, world, name):
    world.alert()
    world.tick()
    assert mia.get(reverse(f"admin:{name}_changelist")).status_code == 200


@pytest.mark.parametrize("name", ["people_user", "people_team", "oncall_schedule", "oncall_timeoff",
                                  "escalation_service", "escalation_escalationpolicy"])  # fmt: skip
def test_every_empty_form_opens_for_a_manager(mia, name):
    assert mia.get(reverse(f"admin:{name}_add")).status_code == 200


@pytest.mark.parametrize(
    "name", ["escalation_incident", "paging_notification", "paging_attempt", "ledger_entry"]
)
def test_what_is_a_record_is_added_and_changed_by_nobody(root, world, name):
    world.alert()
    world.tick()
    assert root.get(reverse(f"admin:{name}_add")).status_code == 403
    model = MODELS[NAMES.index(name)]
    row = model.objects.order_by("pk").first()
    assert root.get(change(name, row.pk)).status_code == 200
    assert root.post(change(name, row.pk), {"title": "x"}).status_code == 403


@pytest.mark.parametrize("name", NAMES)
def test_nobody_deletes_anything(root, world, name):
    world.alert()
    world.tick()
    model = MODELS[NAMES.index(name)]
    row = model.objects.order_by("pk").first()
    address = reverse(f"admin:{name}_delete", args=[row.pk if row else 1])
    assert root.post(address, {"post": "yes"}).status_code == 403
    before = model.objects.count()
    root.post(reverse(f"admin:{name}_changelist"), {"action": "delete_selected", "_selected_action": "1"})
    assert model.objects.count() == before


@pytest.mark.parametrize("whose", ["mia", "ana"])
def test_a_manager_gives_nobody_powers_by_a_crafted_form(mia, world, whose):
    person = getattr(world, whose)
    before = person.password
    page = mia.get(change("people_user", person.pk))
    assert "is_superuser" not in page.content.decode()
    answer = mia.post(change("people_user", person.pk), filled(page, name="New Name", **POWERS))
    assert answer.status_code == 302
    person.refresh_from_db()
    assert person.name == "New Name"
    assert (person.is_superuser, person.is_staff) == (False, whose == "mia")
    assert person.password == before
    assert not person.user_permissions.exists()


def test_a_manager_makes_no_superuser(mia, world):
    page = mia.get(reverse("admin:people_user_add"))
    mia.post(reverse("admin:people_user_add"), filled(page, username="eve", **POWERS))
    eve = type(world.ana).objects.get(username="eve")
    assert (eve.is_superuser, eve.is_staff, eve.has_usable_password()) == (False, False, False)


def test_a_manager_changes_no_superuser(mia, world):
    Membership.objects.create(team=world.team, user=world.root, role="responder")
    page = mia.get(change("people_user", world.ana.pk))
    data = filled(page, email="mine@example.com")
    assert mia.post(change("people_user", world.root.pk), data).status_code == 403
    mia.post(f"/admin/people/user/{world.root.pk}/act/deactivate/")
    world.root.refresh_from_db()
    assert (world.root.email, world.root.is_active) == ("root@example.com", True)


def test_a_manager_sets_no_password(mia, world):
    words = {
        "password1": "correct horse battery",
        "password2": "correct horse battery",
        "usable_password": "true",
    }
    for person in (world.ana, world.mia, world.root):
        assert mia.post(f"/admin/people/user/{person.pk}/password/", words).status_code == 403


def test_a_superuser_sets_a_password_and_the_ledger_says_who_but_not_what(root, world):
    secret = "correct horse battery"
    words = {"password1": secret, "password2": secret, "usable_password": "true"}
    assert root.post(f"/admin/people/user/{world.ana.pk}/password/", words).status_code == 302
    world.ana.refresh_from_db()
    assert world.ana.check_password(secret)
    entry = Entry.objects.latest("pk")
    assert (entry.actor_name, entry.what) == ("root (admin)", "set the password of ana")
    assert secret not in str(entry.data)


def test_a_superuser_gives_powers_and_the_ledger_says_so(root, world):
    page = root.get(change("people_user", world.mia.pk))
    root.post(change("people_user", world.mia.pk), filled(page, is_superuser="on"))
    world.mia.refresh_from_db()
    assert world.mia.is_superuser
    assert Entry.objects.latest("pk").what == "changed is_superuser from False to True of mia"


def test_nobody_takes_their_own_powers(root, world):
    page = root.get(change("people_user", world.root.pk))
    data = filled(page)
    del data["is_superuser"]
    answer = root.post(change("people_user", world.root.pk), data)
    assert "ask another superuser" in answer.content.decode()
    world.root.refresh_from_db()
    assert world.root.is_superuser


@pytest.mark.parametrize("what", ["people_user", "people_team", "oncall_schedule", "escalation_service",
                                  "escalation_escalationpolicy"])  # fmt: skip
def test_the_manager_of_another_team_looks_and_does_not_touch(mia, zoe, world, what):
    rows = {
        "people_user": world.ana,
        "people_team": world.team,
        "oncall_schedule": world.schedule,
        "escalation_service": world.service,
        "escalation_escalationpolicy": world.policy,
    }
    address = change(what, rows[what].pk)
    data = filled(mia.get(address))
    before = Entry.objects.count()
    page = zoe.get(address)
    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    assert zoe.post(address, data).status_code == 403
    assert Entry.objects.count() == before


@pytest.mark.parametrize(("what", "action"), [("oncall/schedule", "retire"), ("escalation/service", "retire"),
                                              ("people/user", "deactivate")])  # fmt: skip
def test_nor_by_a_button(zoe, world, what, action):
    row = {"oncall/schedule": world.schedule, "escalation/service": world.service, "people/user": world.ana}[
        what
    ]
    before = Entry.objects.count()
    answer = zoe.post(f"/admin/{what}/{row.pk}/act/{action}/", follow=True)
    assert "a team that you do not manage" in answer.content.decode()
    assert Entry.objects.count() == before


def test_a_routing_key_is_shown_to_its_team_only(mia, zoe, world):
    address = change("escalation_service", world.service.pk)
    assert world.key.key in mia.get(address).content.decode()
    assert world.key.key not in zoe.get(address).content.decode()


def test_a_service_moves_to_no_team_of_others(mia, world):
    address = change("escalation_service", world.service.pk)
    answer = mia.post(address, filled(mia.get(address), team=world.search.pk))
    assert answer.status_code == 200
    assert "Select a valid choice" in answer.content.decode()


def test_a_button_is_a_post_of_a_known_action(mia, world):
    incident = world.alert()
    assert mia.get(f"/admin/escalation/incident/{incident.pk}/act/acknowledge/").status_code == 405
    assert mia.post(f"/admin/escalation/incident/{incident.pk}/act/save_model/").status_code == 404
    assert mia.post("/admin/escalation/incident/999/act/acknowledge/").status_code == 404
