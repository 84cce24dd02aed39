"""Swaps and calendars of time off in the admin: who decides, and that no address is ever shown."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from oncall import actions
from oncall.models import AwayCalendar, Override, Swap, TimeOff
from people.ledger.models import Entry
from people.models import Membership, Team, User
from tests.admin.conftest import browser
from tests.oncall.noon import Noon
from tests.world import TESTS

SECRET = "https://calendar.example.com/private/abc123.ics"


@pytest.fixture
def noon(db):
    """Mia and Max manage, Eve manages another team; what is taken waits for a manager's yes."""
    noon = Noon()
    noon.eve, noon.max = noon.person("eve", "Eve Hart"), noon.person("max", "Max Ode")
    noon.root = User.objects.create_superuser("root", "root@example.com")
    other = Team.objects.create(name="Others")
    for team, user in ((noon.team, noon.max), (other, noon.eve)):
        Membership.objects.create(team=team, user=user, role="manager")
    User.objects.filter(pk__in=[noon.mia.pk, noon.max.pk, noon.eve.pk]).update(is_staff=True)
    Team.objects.filter(pk=noon.team.pk).update(swaps_need_approval=True)
    with time_machine.travel(noon.now, tick=False):
        yield noon


@pytest.fixture
def who(noon):
    return lambda name: browser(User.objects.get(username=name))


def act(client, model: str, pk: int, action: str):
    return client.post(reverse(f"admin:oncall_{model}_act", args=[pk, action]), follow=True)


def from_the_list(client, model: str, pk: int, action: str):
    data = {"action": action, "_selected_action": [pk]}
    return client.post(reverse(f"admin:oncall_{model}_changelist"), data, follow=True)


@pytest.mark.parametrize("door", [act, from_the_list])
@pytest.mark.parametrize(
    ("name", "may"), [("max", True), ("root", True), ("mia", False), ("eve", False), ("ana", False)]
)
def test_managers_who_are_no_part_of_it_approve(noon, who, name, may, door):
    swap = noon.take(noon.ask(12, 15), noon.mia)
    door(who(name), "swap", swap.pk, "approve")
    swap.refresh_from_db()
    assert swap.state == ("done" if may else "taken")
    assert noon.on() == (["mia 12-15"] if may else ["ana 12-15"])
    assert Entry.objects.filter(verb="swap.approved").count() == may


@pytest.mark.parametrize("door", [act, from_the_list])
@pytest.mark.parametrize(("name", "may"), [("mia", True), ("root", True), ("eve", False), ("bo", False)])
def test_managers_decline(noon, who, name, may, door):
    swap = noon.ask(12, 15)
    door(who(name), "swap", swap.pk, "decline")
    swap.refresh_from_db()
    assert swap.state == ("declined" if may else "open")


def test_a_time_says_its_zone(noon, who):
    swap = noon.ask(12, 15)
    for page in ("/admin/oncall/swap/", f"/admin/oncall/swap/{swap.pk}/change/", "/admin/ledger/entry/"):
        shown = who("mia").get(page).content.decode()
        at = swap.asked_at if "ledger" in page else swap.start
        assert f"{at.day} {at:%b %Y %H:%M} UTC" in shown


def test_a_page_offers_what_can_be_done_and_says_what_cannot(noon, who):
    swap = noon.ask(12, 15)
    page = reverse("admin:oncall_swap_change", args=[swap.pk])

    def offered(name: str) -> list[str]:
        return [button for button, _, _ in who(name).get(page).context["page_buttons"]]

    assert offered("max") == ["decline"]
    noon.take(swap, noon.mia)
    assert offered("max") == ["approve", "decline"]
    assert (offered("mia"), offered("eve")) == ([], [])
    assert "neither give it nor take it" in act(who("mia"), "swap", swap.pk, "approve").content.decode()
    act(who("max"), "swap", swap.pk, "approve")
    assert offered("max") == []
    assert "waits for nobody&#x27;s yes" in act(who("max"), "swap", swap.pk, "approve").content.decode()
    assert Override.objects.count() == 1


def test_a_swap_is_changed_by_nobody_else_and_its_reason_is_text(noon, who):
    swap = noon.ask(12, 15, reason="<script>alert(1)</script>")
    root = who("root")
    page = reverse("admin:oncall_swap_change", args=[swap.pk])
    assert "<script>alert(1)" not in root.get(page).content.decode()
    assert root.post(page, {"state": "done"}).status_code == 403
    assert root.get(reverse("admin:oncall_swap_add")).status_code == 403
    assert root.get(reverse("admin:oncall_swap_act", args=[swap.pk, "approve"])).status_code == 405
    for wrong in (act(root, "swap", swap.pk, "delete"), act(root, "swap", swap.pk + 9, "approve")):
        assert wrong.status_code == 404
    assert Swap.objects.get().state == "open"


@pytest.fixture
def calendar(noon) -> AwayCalendar:
    row = actions.add_away_calendar(user=noon.ana, address=SECRET, by=TESTS, now=noon.now)
    AwayCalendar.objects.update(fault="calendar.example.com answered 404.", good_at=noon.now)
    return row


def test_managers_see_where_time_off_is_read_from_and_never_the_address(noon, who, calendar):
    pages = [
        reverse("admin:oncall_awaycalendar_changelist"),
        reverse("admin:oncall_awaycalendar_change", args=[calendar.pk]),
    ]
    for name in ("mia", "root"):
        for page in pages:
            shown = who(name).get(page).content.decode()
            assert "calendar.example.com answered 404." in shown
            assert "abc123" not in shown
    stranger = who("eve")
    assert "calendar.example.com" not in stranger.get(pages[0]).content.decode()
    assert stranger.get(pages[1]).status_code == 302


@pytest.mark.parametrize("lookup", ["address", "address__startswith", "address__regex"])
def test_no_address_is_guessed_by_the_address_bar(noon, who, calendar, lookup):
    page = reverse("admin:oncall_awaycalendar_changelist")
    answers = [who("mia").get(page, {lookup: guess}) for guess in (SECRET, "https://nothing")]
    assert [answer.status_code for answer in answers] == [400, 400]


@pytest.mark.parametrize("door", [act, from_the_list])
@pytest.mark.parametrize(("name", "may"), [("mia", True), ("root", True), ("eve", False), ("ana", False)])
def test_managers_remove_a_calendar(noon, who, calendar, name, may, door):
    door(who(name), "awaycalendar", calendar.pk, "remove")
    calendar.refresh_from_db()
    assert (calendar.removed_at is not None) == may
    assert Entry.objects.filter(verb="away_calendar.removed").count() == may


def test_time_off_is_seen_by_the_managers_of_its_person_and_a_calendars_is_left_to_it(noon, who, calendar):
    row = TimeOff.objects.create(
        user=noon.ana,
        start=date(2026, 3, 9),
        end=date(2026, 3, 10),
        reason="knee",
        calendar=calendar,
        uid="x",
    )
    page = reverse("admin:oncall_timeoff_changelist")
    seen = ["knee" in who(name).get(page).content.decode() for name in ("mia", "root", "eve")]
    assert seen == [True, True, False]
    one = who("mia").get(reverse("admin:oncall_timeoff_change", args=[row.pk]))
    assert list(one.context["page_buttons"]) == []
    assert "read every hour" in act(who("mia"), "timeoff", row.pk, "cancel").content.decode()
    row.refresh_from_db()
    assert row.cancelled_at is None
