"""Pay plans in the admin: fields that a manager understands, faults at their fields, and nobody's own pay."""

from datetime import date, timedelta

import pytest

from oncall.compensation.actions import plans
from oncall.compensation.models import PayPlan, PlanVersion
from people.actions import change_user, create_team, set_members
from people.ledger.models import Entry
from people.models import User
from tests.admin.conftest import browser
from tests.admin.filled import filled
from tests.world import TESTS

LIST = "/admin/compensation/payplan/"
DAY = timedelta(days=1)
WEEKLY = {
    "standby": [
        {"band": "weekday", "days": ["mon", "tue", "wed", "thu", "fri"], "start": "00:00", "end": "00:00",
         "prorate": True, "amount": "200", "per": "week"},
        {"band": "night", "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "start": "23:00",
         "end": "07:00", "except": {"days": ["sat", "sun"], "start": "00:00", "end": "00:00"},
         "additive": True, "amount": "4", "per": "hour"},
        {"band": "holiday", "holidays": True, "amount": "0.125", "per": "hour"},
    ],
    "role_factors": {"primary": "1", "secondary": "0.5"},
    "precedence": ["holiday", "weekday"],
    "overlap": "each",
    "minimum_per_shift": "25",
    "cap": {"hours": "200", "per": "week", "warn": True},
    "rounding": {"mode": "up", "unit": "0.05", "per": "total"},
    "call_outs": {
        "outside": {"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "17:00"},
        "merge": 1800, "minimum": 3600, "round_up_to": 900, "longest": 7200,
        "pay": {"amount": "30", "per": "call_out", "weekend": "1.5", "holiday": "2"},
        "time_in_lieu": {"awake": "0.25", "woken": "0.5", "further_hour": "0.25", "day": 25200,
                         "expires": 1209600},
    },
}  # fmt: skip


def made(world, *, name="Engineering", people=(), teams=(), places=(), terms=None, **dates):
    plan = PayPlan.objects.filter(name=name).first()
    plan = plan or plans.create_plan(name=name, currency="EUR", by=TESTS, now=world.now)
    plans.set_version(
        plan=plan, effective_from=dates.get("begins"), effective_until=dates.get("ends"),
        terms=WEEKLY if terms is None else terms, people=people, teams=teams, places=places,
        by=TESTS, now=world.now,
    )  # fmt: skip
    return plan


def said(answer):
    return answer.content.decode()


def page(plan, version=None):
    return f"{LIST}{plan.pk}/change/" + (f"?version={version.pk}" if version else "")


def refused(client, address, **changed):
    """What the page says to that, and that nothing was written."""
    before = Entry.objects.count()
    answer = client.post(address, filled(client.get(address), **changed))
    assert answer.status_code == 200
    assert Entry.objects.count() == before
    form = answer.context["adminform"].form
    return form.errors.get_json_data() | {
        f"bands-{n}": row.errors.get_json_data() for n, row in enumerate(form.bands.forms) if row.errors
    }


def one_band(**changed):
    row = {"bands-0-band": "all", "bands-0-when": "", "bands-0-amount": "3", "bands-0-per": "hour"}
    return {"name": "Ops", "currency": "GBP", **row, **changed}


def test_what_a_plan_says_is_the_same_after_it_was_saved_without_a_change(root, world):
    plan = made(world, people=[world.ana])
    before = PlanVersion.objects.get().terms
    entries = Entry.objects.count()
    answer = root.post(page(plan), filled(root.get(page(plan))))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert PlanVersion.objects.get().terms == before
    assert Entry.objects.count() == entries


def test_a_plan_is_made_with_its_bands_and_pays_a_place(root, world):
    data = filled(root.get(f"{LIST}add/"), **one_band(places="GB, US-NY"))
    assert root.post(f"{LIST}add/", data).status_code == 302
    version = PlanVersion.objects.get()
    assert (version.plan.name, version.plan.currency, version.effective_from) == ("Ops", "GBP", None)
    assert version.terms == {"standby": [{"band": "all", "amount": "3", "per": "hour"}]}
    assert sorted(version.assignments.values_list("place", flat=True)) == ["GB", "US-NY"]
    assert Entry.objects.filter(verb="pay_plan.versioned", actor=world.root).exists()


def test_another_day_makes_a_new_version_and_the_old_one_can_still_be_looked_at(root, world):
    plan = made(world, people=[world.ana])
    data = filled(root.get(page(plan)), effective_from="2026-05-01", **{"bands-0-amount": "250"})
    assert root.post(page(plan), data).status_code == 302
    old, new = PlanVersion.objects.order_by("pk")
    assert (old.terms["standby"][0]["amount"], new.terms["standby"][0]["amount"]) == ("200", "250")
    assert (new.effective_from, old.effective_until) == (date(2026, 5, 1), None)
    shown = root.get(page(plan)).context["adminform"].form
    assert shown.bands.forms[0].initial["amount"] == "250"
    assert root.get(page(plan, old)).context["adminform"].form.bands.forms[0].initial["amount"] == "200"
    data = filled(root.get(page(plan, old)), **{"bands-0-amount": "210"})
    assert root.post(page(plan, old), data).status_code == 302
    amounts = [row.terms["standby"][0]["amount"] for row in PlanVersion.objects.order_by("pk")]
    assert amounts == ["210", "250"]


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"bands-0-amount": "-1"}, "bands-0.amount", "“-1” is negative; write 0 or more."),
        ({"bands-0-amount": "abc"}, "bands-0.amount", "“abc” is not a number"),
        ({"bands-0-when": "monday"}, "", ""),
        ({"bands-0-when": "funday 09:00-17:00"}, "bands-0.when", "“funday” is not a day"),
        ({"bands-0-when": "mon 09:00-12:00; tue 09:00-12:00"}, "bands-0.when", "more than one window"),
        ({"bands-0-when": "fri 09:00-25:00"}, "bands-0.when", "“25:00” is not a time of day"),
        ({"bands-0-outside": "x"}, "bands-0.outside", "“x” is not a day"),
        ({"bands-0-band": "b" * 101}, "bands-0.band", "at most 100"),
        ({"bands-0-per": "year"}, "bands-0.per", "not one of the available choices"),
        ({"cap_per": "month", "cap_warn": "on"}, "", ""),
        ({"cap_amount": "10", "minimum_per_shift": "20"}, "cap_amount", "below the least of 20"),
        ({"cap_hours": "-1"}, "cap_hours", "negative"),
        ({"precedence": "holliday"}, "precedence", "holliday"),
        ({"role_factors": "primary"}, "role_factors", "write primary 1, secondary 0.5"),
        ({"role_factors": "primary x"}, "role_factors", "“x” is not a number"),
        ({"working": "mon"}, "", ""),
        ({"working": "often"}, "working", "“often” is not a day"),
        ({"merge": "an hour"}, "merge", "is not a length of time"),
        ({"lieu_expires": "2w"}, "lieu_rate", "Write how much time off is earned"),
        ({"lieu_rate": "1", "lieu_awake": "1"}, "lieu_rate", "either by rate or by night"),
        ({"lieu_rate": "1", "lieu_expires": "1h"}, "lieu_expires", "shorter than"),
        ({"times_night": "2"}, "call_out_amount", "not a number"),
        ({"rounding_unit": "0"}, "rounding_unit", "above 0"),
        ({"places": "UK"}, "places", "“UK” is another name of GB; write GB."),
        ({"places": "GB, GB"}, "__all__", "GB stands there twice"),
        ({"effective_from": "2026-01-01", "effective_until": "2026-01-01"}, "effective_until", "not after"),
        ({"effective_from": "yesterday"}, "effective_from", "valid date"),
        ({"effective_from": "0001-01-01"}, "__all__", "lies outside the years"),
        ({"currency": "XAU"}, "currency", "not one of the available choices"),
        ({"name": ""}, "name", "required"),
        ({"people": ["999999"]}, "people", "not one of the available choices"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said_at_its_field(root, changed, field, sentence):
    address = f"{LIST}add/"
    if not sentence:
        assert root.post(address, filled(root.get(address), **one_band(**changed))).status_code == 302
        return
    errors = refused(root, address, **one_band(**changed))
    row, _, name = field.rpartition(".")
    found = errors[row][name] if row else errors[field]
    assert any(sentence in one["message"] for one in found), errors


def test_overlapping_versions_are_refused_on_the_form(root, world):
    plan = made(world, begins=date(2026, 5, 1))
    errors = refused(root, page(plan), effective_from="2026-04-01", effective_until="2026-06-01")
    assert "Engineering from 2026-05-01 begins before that" in errors["__all__"][0]["message"]


def test_a_manager_changes_what_pays_a_team_of_theirs_and_no_other(mia, zoe, world):
    """A plan of Payments, whose manager has no place in it."""
    world.outsider = world.person("kim", "Kim")
    paid = create_team(name="Paid", by=TESTS, now=world.now)
    set_members(team=paid, members={world.outsider: "responder"}, by=TESTS, now=world.now)
    plan = made(world, teams=[paid])
    assert mia.get(page(plan)).status_code == 200
    assert mia.post(page(plan), {"name": "x"}).status_code == 403
    assert "weekday: 200 EUR per week" in said(zoe.get(page(plan)))
    assert mia.post(f"{LIST}{plan.pk}/act/retire/").status_code == 302
    assert PayPlan.objects.get().retired_at is None


def test_nobody_changes_a_plan_that_pays_themselves(mia, root, world):
    world.root.is_staff = True
    plan = made(world, teams=[world.team])
    assert mia.post(page(plan), {"name": "x"}).status_code == 403
    other = User.objects.create_superuser("ruth", "ruth@example.com", date_joined=world.now)
    own = made(world, name="Own", people=[world.root])
    assert root.post(page(own), {"name": "x"}).status_code == 403
    assert browser(other).get(page(own)).context["has_change_permission"]


def test_the_one_administrator_of_a_small_company_may_and_the_ledger_says_so(root, world):
    plan = made(world, people=[world.root])
    data = filled(root.get(page(plan)), why="a raise", **{"bands-0-amount": "300"})
    assert root.post(page(plan), data).status_code == 302
    entry = Entry.objects.get(verb="pay_plan.changed")
    assert entry.why == "a raise; by somebody whom it pays: there is nobody else who could"


def test_and_so_it_is_where_they_write_themselves_into_a_new_one(root, world):
    data = filled(root.get(f"{LIST}add/"), **one_band(people=[str(world.root.pk)]))
    assert root.post(f"{LIST}add/", data).status_code == 302
    entry = Entry.objects.get(verb="pay_plan.versioned")
    assert entry.why == "by somebody whom it pays: there is nobody else who could"


def test_nobody_writes_a_plan_that_would_pay_themselves(mia, world):
    world.mia.refresh_from_db()
    errors = refused(mia, f"{LIST}add/", **one_band(people=[str(world.mia.pk)]))
    assert "This would pay yourself" in errors["__all__"][0]["message"]
    assert not PayPlan.objects.exists()


def test_nobody_brings_a_plan_back_that_they_may_not_change(mia, zoe, world):
    """By its name, on the form for a new one: what it paid in months that are still open would be theirs."""
    for name, team in (("Ops", world.team), ("Search", world.search)):
        plans.retire_plan(plan=made(world, name=name, teams=[team]), by=TESTS, now=world.now + 9 * DAY)
    for client, name in ((mia, "Ops"), (zoe, "Ops"), (zoe, "Search")):
        given = one_band(name=name, currency="EUR", **{"bands-0-amount": "999"})
        errors = refused(client, f"{LIST}add/", **given)
        assert "already exists" in errors["name"][0]["message"]
    assert not PlanVersion.objects.filter(terms__standby__0__amount="999").exists()


def test_a_manager_pays_people_of_their_own_teams_only_and_no_place(mia, zoe, world):
    errors = refused(mia, f"{LIST}add/", **one_band(people=[str(world.zoe.pk)]))
    assert "not one of the available choices" in errors["people"][0]["message"]
    errors = refused(mia, f"{LIST}add/", **one_band(teams=[str(world.search.pk)]))
    assert "not one of the available choices" in errors["teams"][0]["message"]
    errors = refused(mia, f"{LIST}add/", **one_band(places="GB"))
    assert "ask an administrator" in errors["places"][0]["message"]
    data = filled(mia.get(f"{LIST}add/"), **one_band(people=[str(world.ana.pk)]))
    assert mia.post(f"{LIST}add/", data).status_code == 302


def test_a_place_that_somebody_lives_in_is_their_plan_too(root, world):
    change_user(user=world.root, holidays="US-NY", by=TESTS, now=world.now, **_as_it_is(world.root))
    User.objects.create_superuser("ruth", "ruth@example.com", date_joined=world.now)
    plan = made(world, places=["US"])
    assert root.post(page(plan), {"name": "x"}).status_code == 403


def _as_it_is(user):
    return {"name": user.name, "email": user.email, "time_zone": user.time_zone}


def test_a_retired_plan_is_only_looked_at(root, world):
    plan = made(world, people=[world.ana])
    assert root.post(f"{LIST}{plan.pk}/act/retire/").status_code == 302
    assert root.post(page(plan), {"name": "x"}).status_code == 403
    assert "what a locked statement says never changes" in said(root.get(page(plan)))


def test_the_list_says_whom_each_plan_pays(mia, world):
    made(world, people=[world.ana], teams=[world.team], places=["GB"])
    text = said(mia.get(LIST))
    assert f"{world.ana}, team {world.team}, GB" in text


def test_what_somebody_is_paid_by_name_is_seen_by_their_managers_and_administrators(mia, zoe, root, world):
    """Terms beside a schedule that all may see are an amount: the list, its page and the ledger."""
    plan = made(world, name="Contract", people=[world.ana])
    made(world, name="Contract", people=[world.ana, world.bo])
    for client, sees in ((mia, True), (root, True), (zoe, False)):
        assert ("Contract" in said(client.get(LIST))) is sees
        assert client.get(page(plan)).status_code == (200 if sees else 302)
    entry = Entry.objects.get(verb="pay_plan.changed")
    for client, sees in ((root, True), (mia, False), (zoe, False)):
        assert ("pays Bo" in said(client.get("/admin/ledger/entry/?q=Contract"))) is sees
        address = f"/admin/ledger/entry/{entry.pk}/change/"
        assert client.get(address).status_code == (200 if sees else 302)


def test_who_wrote_a_plan_finds_it_in_the_ledger(mia, world):
    data = filled(mia.get(f"{LIST}add/"), **one_band(people=[str(world.ana.pk)]))
    assert mia.post(f"{LIST}add/", data).status_code == 302
    assert "Pay plan Ops" in said(mia.get("/admin/ledger/entry/?q=Ops"))


def test_script_in_a_name_is_text(root, world):
    terms = {"standby": [{"band": "<script>x</script>", "amount": "1", "per": "hour"}]}
    plan = made(world, name="<script>alert(1)</script>", people=[world.ana], terms=terms)
    assert "<script>alert" not in said(root.get(page(plan))) + said(root.get(LIST))
    assert "<script>x" not in said(root.get(page(plan)))
