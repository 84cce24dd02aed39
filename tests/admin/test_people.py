"""People and teams in the admin, how they are reached, and what the ledger keeps of it."""

from datetime import timedelta

import pytest

from oncall.compensation.selectors import manages
from paging.models import ContactMethod, NotificationRule
from people.ledger.models import Entry
from people.models import Team, User
from tests.admin.filled import filled

NEW = "/admin/people/user/add/"
METHOD = {"contact_methods-TOTAL_FORMS": "1", "contact_methods-0-used": "on"}


def text(answer):
    return answer.content.decode()


def page_of(person):
    return f"/admin/people/user/{person.pk}/change/"


def test_a_new_person_can_be_paged_as_soon_as_they_are_saved(mia, world):
    phone = {"contact_methods-0-kind": "sms", "contact_methods-0-address": "+1 415 555 0199"}
    rule = {
        "notification_rules-TOTAL_FORMS": "1",
        "notification_rules-0-urgency": "high",
        "notification_rules-0-via": "sms",
        "notification_rules-0-after": "2m",
    }
    data = filled(
        mia.get(NEW), username="eve", name="Eve Hart", time_zone="Europe/Paris", **METHOD, **phone, **rule
    )
    assert mia.post(NEW, data).status_code == 302
    eve = User.objects.get(username="eve")
    method = eve.contact_methods.get()
    assert (method.address, method.verified_at, method.disabled_reason) == ("+14155550199", world.now, "")
    assert eve.notification_rules.get().after == timedelta(minutes=2)
    verbs = list(
        Entry.objects.filter(subject_type="user", subject_id=eve.pk)
        .order_by("pk")
        .values_list("verb", flat=True)
    )
    assert verbs == ["user.created", "contact_method.added", "notification_rules.changed"]


@pytest.mark.parametrize(
    ("kind", "address"), [("sms", "12"), ("email", "nobody"), ("voice", "eve@example.com")]
)
def test_an_address_that_reaches_nobody_is_refused(mia, kind, address):
    wrong = {"contact_methods-0-kind": kind, "contact_methods-0-address": address}
    answer = mia.post(NEW, filled(mia.get(NEW), username="eve", **METHOD, **wrong))
    assert answer.status_code == 200
    assert f"“{address}” is not" in text(answer)
    assert not User.objects.filter(username="eve").exists()


def test_a_name_that_is_taken_is_said_beside_the_field(mia):
    answer = mia.post(NEW, filled(mia.get(NEW), username="ana"))
    assert answer.status_code == 200
    assert "already exists" in text(answer)


def test_what_changed_stands_in_the_ledger_from_and_to(mia, world):
    mia.post(page_of(world.ana), filled(mia.get(page_of(world.ana)), email="ana@new.example"))
    entry = Entry.objects.latest("pk")
    assert (entry.actor_name, entry.verb) == ("Mia Falk (admin)", "user.changed")
    assert entry.data == {"email": ["ana@example.com", "ana@new.example"]}


def test_saving_what_stands_there_writes_nothing(mia, world):
    before = Entry.objects.count()
    assert mia.post(page_of(world.ana), filled(mia.get(page_of(world.ana)))).status_code == 302
    assert Entry.objects.count() == before


def test_a_method_is_switched_off_and_on_again_and_never_deleted(mia, world):
    method = world.ana.contact_methods.get()
    data = filled(mia.get(page_of(world.ana)))
    del data["contact_methods-0-used"]
    mia.post(page_of(world.ana), data)
    method.refresh_from_db()
    assert method.disabled_reason == "switched off by Mia Falk"
    mia.post(page_of(world.ana), filled(mia.get(page_of(world.ana)), **{"contact_methods-0-used": "on"}))
    method.refresh_from_db()
    assert method.disabled_reason == ""
    crafted = filled(mia.get(page_of(world.ana)), **{"contact_methods-0-DELETE": "on"})
    mia.post(page_of(world.ana), crafted)
    assert ContactMethod.objects.filter(pk=method.pk).exists()


def test_the_address_of_a_method_cannot_be_swapped(mia, world):
    data = filled(mia.get(page_of(world.ana)), **{"contact_methods-0-address": "mia@example.com"})
    mia.post(page_of(world.ana), data)
    assert world.ana.contact_methods.get().address == "ana@example.com"


def test_a_rule_is_taken_away(mia, world):
    rule = NotificationRule.objects.create(user=world.ana, via="email", after=timedelta(0))
    data = filled(mia.get(page_of(world.ana)), **{"notification_rules-0-DELETE": "on"})
    mia.post(page_of(world.ana), data)
    assert not NotificationRule.objects.filter(pk=rule.pk).exists()
    assert "every method at once" in Entry.objects.latest("pk").what


def test_who_leaves_is_deactivated_and_can_come_back(mia, world):
    mia.post(f"/admin/people/user/{world.ana.pk}/act/deactivate/")
    world.ana.refresh_from_db()
    assert not world.ana.is_active
    assert Entry.objects.latest("pk").verb == "user.deactivated"
    mia.post("/admin/people/user/", {"action": "reactivate", "_selected_action": [world.ana.pk]})
    world.ana.refresh_from_db()
    assert world.ana.is_active


def test_nobody_deactivates_themselves(mia, world):
    answer = mia.post(f"/admin/people/user/{world.mia.pk}/act/deactivate/", follow=True)
    assert "ask another manager" in text(answer)
    world.mia.refresh_from_db()
    assert world.mia.is_active


def test_a_team_gets_a_second_manager_who_may_then_log_in_here(mia, world):
    address = f"/admin/people/team/{world.team.pk}/change/"
    page = mia.get(address)
    rows = page.context["inline_admin_formsets"][0].formset.forms
    place = next(n for n, form in enumerate(rows) if form.instance.user == world.ana)
    assert mia.post(address, filled(page, **{f"memberships-{place}-role": "manager"})).status_code == 302
    world.ana.refresh_from_db()
    assert world.ana.is_staff
    assert Entry.objects.latest("pk").data["members"][1]["ana"] == "manager"


def taken_in(client, team, person):
    address = f"/admin/people/team/{team.pk}/change/"
    page = client.get(address)
    place = len(page.context["inline_admin_formsets"][0].formset.forms)
    row = {f"memberships-{place}-user": str(person.pk), f"memberships-{place}-role": "responder"}
    answer = client.post(address, filled(page, **{"memberships-TOTAL_FORMS": str(place + 1)}, **row))
    return text(answer)


def test_nobody_takes_people_of_others_into_a_team_of_their_own_to_see_their_pay(mia, zoe, root, world):
    assert "is not yours to take in" in taken_in(mia, world.team, world.zoe)
    assert "is not yours to take in" in taken_in(zoe, world.search, world.ana)
    assert "is not yours to take in" in taken_in(mia, world.team, world.root)
    assert not world.team.members.filter(pk__in=[world.zoe.pk, world.root.pk]).exists()
    assert not manages(world.zoe, world.ana)
    newcomer = world.person("kim", "Kim")
    taken_in(mia, world.team, newcomer)
    taken_in(root, world.search, world.ana)
    assert world.team.members.filter(pk=newcomer.pk).exists()
    assert world.search.members.filter(pk=world.ana.pk).exists()


def test_a_manager_makes_no_team_of_people_of_others(mia, world):
    page = mia.get("/admin/people/team/add/")
    row = {"memberships-0-user": str(world.zoe.pk), "memberships-0-role": "responder"}
    data = filled(page, name="Trap", **{"memberships-TOTAL_FORMS": "1"}, **row)
    assert "is not yours to take in" in text(mia.post("/admin/people/team/add/", data))
    assert not Team.objects.filter(name="Trap").exists()


def test_a_member_is_taken_out_of_a_team(mia, world):
    address = f"/admin/people/team/{world.team.pk}/change/"
    page = mia.get(address)
    rows = page.context["inline_admin_formsets"][0].formset.forms
    place = next(n for n, form in enumerate(rows) if form.instance.user == world.bo)
    mia.post(address, filled(page, **{f"memberships-{place}-DELETE": "on"}))
    assert not world.team.members.filter(pk=world.bo.pk).exists()
