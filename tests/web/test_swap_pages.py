"""Swaps on the pages: who sees which button, what a tap does, and what is refused to whom."""

import re
from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client

from oncall import actions
from oncall.models import Override, Swap
from people.actions import set_members
from people.ledger.models import Entry
from people.models import Membership, Team
from tests.oncall.noon import DAY, HOUR, TODAY, Noon
from tests.world import TESTS

BACKEND = "django.contrib.auth.backends.ModelBackend"
VERBS = ["take", "approve", "decline", "withdraw"]


@pytest.fixture
def noon(db):
    """Ana is primary of Noon from 12 to 15; Bo and Cy are responders, Mia manages, Eve is of no team."""
    noon = Noon()
    noon.eve, noon.odo = noon.person("eve", "Eve Hall"), noon.person("odo", "Odo Kerr")
    Membership.objects.create(team=noon.team, user=noon.odo, role="observer")
    with time_machine.travel(noon.now, tick=False):
        yield noon


def browser(user):
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def page(user, address, status=200):
    answer = browser(user).get(address)
    assert answer.status_code == status
    return answer.content.decode()


def buttons(user, swap):
    return re.findall(rf'action="/swaps/{swap.pk}/(\w+)"', page(user, f"/swaps/{swap.pk}"))


def tap(user, swap, verb, **fields):
    """The page that follows the tap."""
    answer = browser(user).post(f"/swaps/{swap.pk}/{verb}", fields, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def approval(noon):
    Team.objects.filter(pk=noon.team.pk).update(swaps_need_approval=True)


def test_who_gets_which_button_of_an_open_one(noon):
    swap = noon.ask(12, 15)
    assert buttons(noon.bo, swap) == ["take"]
    assert buttons(noon.ana, swap) == ["withdraw"]
    assert buttons(noon.mia, swap) == ["take", "decline"]
    assert buttons(noon.eve, swap) == buttons(noon.odo, swap) == []


def test_who_gets_which_button_of_one_offered_to_one_person(noon):
    swap = noon.ask(12, 15, offered_to=noon.cy)
    assert buttons(noon.cy, swap) == ["take", "decline"]
    assert buttons(noon.bo, swap) == []
    assert buttons(noon.mia, swap) == ["decline"]


def test_who_gets_which_button_of_one_that_waits_for_a_manager(noon):
    approval(noon)
    swap = noon.take(noon.ask(12, 15))
    assert buttons(noon.mia, swap) == ["approve", "decline"]
    assert buttons(noon.bo, swap) == []
    assert buttons(noon.ana, swap) == ["withdraw"]
    assert buttons(noon.eve, swap) == []


def test_what_is_over_has_no_button(noon):
    swap = noon.take(noon.ask(12, 15))
    for user in (noon.ana, noon.bo, noon.cy, noon.mia):
        assert buttons(user, swap) == []


def test_a_tap_takes_it_and_the_page_says_so(noon):
    swap = noon.ask(12, 15)
    said = tap(noon.bo, swap, "take")
    assert "Thank you. You carry it." in said
    assert "You carry it: you took it" in said
    assert noon.on() == ["bo 12-15"]


def test_when_somebody_was_quicker_the_page_says_who(noon):
    swap = noon.ask(12, 15)
    tap(noon.bo, swap, "take")
    said = tap(noon.cy, swap, "take")
    assert said.count("Bo Lind was quicker") == 2
    assert noon.on() == ["bo 12-15"]


@pytest.mark.parametrize("who", ["eve", "odo"])
@pytest.mark.parametrize("verb", VERBS)
def test_who_has_no_part_in_it_changes_nothing(noon, who, verb):
    approval(noon)
    swap = noon.ask(12, 15)
    if verb == "approve":
        swap = noon.take(swap)
    before = Entry.objects.count()
    assert "said error" in tap(getattr(noon, who), swap, verb)
    assert Swap.objects.get(pk=swap.pk).state == swap.state
    assert Entry.objects.count() == before


@pytest.mark.parametrize(
    ("who", "verb"), [("bo", "approve"), ("ana", "approve"), ("bo", "decline"), ("cy", "withdraw")]
)
def test_neither_giver_nor_taker_nor_a_colleague_decides(noon, who, verb):
    approval(noon)
    swap = noon.take(noon.ask(12, 15))
    assert "said error" in tap(getattr(noon, who), swap, verb)
    assert Swap.objects.get(pk=swap.pk).state == "taken"


def test_a_manager_of_another_team_decides_nothing(noon):
    approval(noon)
    swap = noon.take(noon.ask(12, 15))
    other = Team.objects.create(name="Other")
    set_members(team=other, members={noon.eve: "manager"}, by=TESTS, now=noon.now)
    assert buttons(noon.eve, swap) == []
    assert "said error" in tap(noon.eve, swap, "approve")
    assert Swap.objects.get(pk=swap.pk).state == "taken"


def test_a_manager_approves_and_the_ledger_names_them(noon):
    approval(noon)
    swap = noon.take(noon.ask(12, 15))
    assert noon.on() == ["ana 12-15"]
    assert "and Mia Falk said yes" in tap(noon.mia, swap, "approve")
    assert noon.on() == ["bo 12-15"]
    assert Entry.objects.get(verb="swap.approved").actor == noon.mia


def test_decline_and_withdraw_leave_the_giver_on(noon):
    assert "Cy Moss said no" in tap(noon.cy, noon.ask(12, 15, offered_to=noon.cy), "decline")
    assert "You took it back" in tap(noon.ana, noon.ask(12, 15, day=2), "withdraw")
    assert noon.on(days=2) == ["ana 12-15", "ana 36-39"]


def test_warnings_stand_before_taking(noon):
    swap = noon.ask(12, 15)
    actions.add_time_off(
        user=noon.bo, start=(TODAY + DAY).date(), end=(TODAY + 2 * DAY).date(), by=TESTS, now=noon.now
    )
    said = page(noon.bo, f"/swaps/{swap.pk}")
    assert "Before you take it" in said
    assert "Bo Lind: away 2026-03-03 to 2026-03-03." in said
    assert "Before you take it" not in page(noon.cy, f"/swaps/{swap.pk}")
    assert "Before you take it" not in page(noon.ana, f"/swaps/{swap.pk}")


def test_a_swap_says_who_when_in_my_zone_why_and_what_happened(noon):
    noon.bo.time_zone = "Asia/Tokyo"
    noon.bo.save()
    swap = noon.ask(12, 15, reason="<b>dentist</b>")
    said = page(noon.bo, f"/swaps/{swap.pk}")
    assert "Ana Ruiz asks who can carry primary of" in said
    assert "Tue 3 Mar 2026 21:00" in said
    assert "&lt;b&gt;dentist&lt;/b&gt;" in said
    assert "<b>dentist" not in said
    assert "asks the team to carry primary of Noon" in said


def test_the_list_has_what_waits_for_me_what_is_mine_and_what_was(noon):
    approval(noon)
    mine, waits = noon.ask(12, 13), noon.take(noon.ask(13, 14))
    gone = noon.ask(14, 15)
    actions.withdraw_swap(swap=gone, by=TESTS, now=noon.now)
    links = lambda user: re.findall(r'href="/swaps/(\d+)"', page(user, "/swaps"))  # noqa: E731
    assert links(noon.cy) == [str(mine.pk), str(gone.pk)]
    assert links(noon.ana) == [str(mine.pk), str(waits.pk), str(gone.pk)]
    assert links(noon.mia) == [str(waits.pk), str(mine.pk), str(gone.pk)]
    assert links(noon.eve) == []
    count = lambda user: re.findall(r'title="wait for you">(\d+)<', page(user, "/swaps"))  # noqa: E731
    assert (count(noon.cy), count(noon.mia), count(noon.ana), count(noon.eve)) == (["1"], ["2"], [], [])


@pytest.mark.parametrize(
    "address",
    [
        "/swaps/0",
        "/swaps/999999999999999999",
        "/swaps/x",
        "/swaps/ask",
        "/swaps/ask?schedule=Noon&role=primary",
    ],
)
def test_what_is_not_there_is_404(noon, address):
    page(noon.ana, address, status=404)


@pytest.mark.parametrize("address", ["/swaps", "/swaps/1", "/swaps/ask", "/time-off"])
def test_nobody_reads_without_logging_in(noon, address):
    answer = Client().get(address)
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/login/")


def test_reading_changes_nothing(noon):
    swap = noon.ask(12, 15)
    before = Entry.objects.count(), list(Swap.objects.values()), Override.objects.count()
    for verb in VERBS:
        assert browser(noon.mia).get(f"/swaps/{swap.pk}/{verb}").status_code == 405
    for address in ("/take-over", "/take-me-off", "/time-off/add", "/time-off/calendars/add"):
        assert browser(noon.ana).get(address).status_code == 405
    for user in (noon.ana, noon.bo, noon.mia):
        for address in ("/", "/swaps", f"/swaps/{swap.pk}", wish(noon), "/time-off", "/schedules/Noon"):
            browser(user).get(address)
    assert (Entry.objects.count(), list(Swap.objects.values()), Override.objects.count()) == before


def test_a_post_from_elsewhere_is_refused(noon):
    swap = noon.ask(12, 15)
    client = Client(enforce_csrf_checks=True)
    client.force_login(noon.bo, backend=BACKEND)
    assert client.post(f"/swaps/{swap.pk}/take").status_code == 403
    assert client.post("/take-over", {"schedule": "Noon", "role": "primary"}).status_code == 403


def wish(noon, **changes):
    said = {
        "schedule": "Noon",
        "role": "primary",
        "giver": noon.ana.pk,
        "start": (TODAY + DAY + 12 * HOUR).isoformat(),
        "end": (TODAY + DAY + 15 * HOUR).isoformat(),
    } | changes
    return "/swaps/ask?" + "&".join(f"{key}={str(value).replace('+', '%2B')}" for key, value in said.items())


def ask(noon, user, **fields):
    said = {
        "schedule": "Noon",
        "role": "primary",
        "giver": noon.ana.pk,
        "start": (TODAY + DAY + 12 * HOUR).isoformat(),
        "end": (TODAY + DAY + 15 * HOUR).isoformat(),
        "from": "2026-03-03T12:00",
        "to": "2026-03-03T15:00",
    }
    return browser(user).post("/swaps/ask", said | fields, follow=True)


def test_nobody_asks_for_thousands_of_years(noon):
    far = wish(noon, end="8000-01-01T00:00:00+00:00")
    assert browser(noon.ana).get(far).status_code == 404


def test_each_of_my_next_shifts_leads_to_asking_for_it(noon):
    found = re.search(r'class="ask" href="([^"]+)"', page(noon.ana, "/"))
    said = page(noon.ana, found[1].replace("&amp;", "&"))
    assert "Ask for cover of your primary of Noon" in said
    assert 'value="2026-03-02T12:00"' in said
    assert "free; rested" in said
    assert 'class="ask"' not in page(noon.eve, "/")


def test_a_part_is_asked_of_one_person(noon):
    ask(noon, noon.ana, **{"from": "2026-03-03T13:00", "whom": noon.cy.pk, "reason": "dentist"})
    swap = Swap.objects.get()
    assert (swap.start, swap.end) == (TODAY + DAY + 13 * HOUR, TODAY + DAY + 15 * HOUR)
    assert (swap.offered_to, swap.reason, swap.asked_by) == (noon.cy, "dentist", noon.ana)


def test_a_manager_asks_for_somebody_and_nobody_else_does(noon):
    for user in (noon.bo, noon.eve, noon.odo):
        assert ask(noon, user).status_code == 404
        assert browser(user).get(wish(noon)).status_code == 404
    assert not Swap.objects.exists()
    ask(noon, noon.mia)
    assert Swap.objects.get().asked_by == noon.mia


@pytest.mark.parametrize(
    "fields",
    [
        {"from": "\x00"},
        {"from": "tomorrow"},
        {"to": "9999-12-31T23:59"},
        {"from": "0001-01-01T00:00"},
        {"from": "2026-03-03T16:00"},
        {"whom": "999999999999999999999"},
        {"whom": "x"},
        {"reason": "x" * 201},
        {"role": "nothing"},
    ],
)
def test_what_cannot_be_asked_is_said_and_what_was_written_stays(noon, fields):
    answer = ask(noon, noon.ana, **fields)
    assert answer.status_code == 200
    said = answer.content.decode()
    assert "said error" in said
    assert 'action="/swaps/ask"' in said
    assert not Swap.objects.exists()


def test_nobody_outside_is_offered_a_swap(noon):
    assert b"said error" in ask(noon, noon.ana, whom=noon.eve.pk).content
    assert not Swap.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [{"start": "x"}, {"giver": "9" * 40}, {"schedule": "%00"}, {"end": "9999-12-31T00:00:00%2B00:00"}],
)
def test_an_address_written_by_hand_is_404(noon, changes):
    page(noon.ana, wish(noon, **changes), status=404)


def test_an_hour_that_comes_twice_is_not_lost(noon):
    """Where clocks go back, the field says 01:30 twice; untouched, it means the instant of the shift."""
    noon.ana.time_zone = "America/New_York"
    noon.ana.save()
    second = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)  # 01:30 for the second time
    noon.rotation("Night", [[noon.ana.pk]])
    fields = {"schedule": "Night", "start": second.isoformat(), "end": (second + 3 * HOUR).isoformat()}
    ask(noon, noon.ana, **fields | {"from": "2026-11-01T01:30", "to": "2026-11-01T04:30"})
    assert Swap.objects.get().start == second


class TestNow:
    """Half past twelve: Ana is on."""

    @pytest.fixture(autouse=True)
    def _half_past(self, noon):
        noon.now = TODAY + 12.5 * HOUR
        with time_machine.travel(noon.now, tick=False):
            yield

    @staticmethod
    def post(user, address, **fields):
        return browser(user).post(address, {"schedule": "Noon", "role": "primary"} | fields)

    @pytest.mark.parametrize("address", ["/", "/schedules/Noon"])
    def test_the_buttons_stand_where_they_make_sense(self, noon, address):
        seen = lambda user: re.findall(r'action="/(take-\w+(?:-off)?)"', page(user, address))  # noqa: E731
        assert seen(noon.bo) == seen(noon.cy) == seen(noon.mia) == ["take-over"]
        assert seen(noon.ana) == ["take-me-off"]
        assert seen(noon.eve) == seen(noon.odo) == []

    def test_one_tap_takes_it_from_here(self, noon):
        answer = self.post(noon.bo, "/take-over", back="schedule")
        assert answer["Location"] == "/schedules/Noon"
        assert noon.on(day=0) == ["ana 12-12.5", "bo 12.5-15"]

    @pytest.mark.parametrize("who", ["eve", "odo", "ana"])
    def test_who_may_not_carry_it_or_has_it_takes_nothing(self, noon, who):
        self.post(getattr(noon, who), "/take-over")
        assert not Override.objects.exists()

    def test_one_tap_asks_the_team_to_take_me_off(self, noon):
        self.post(noon.ana, "/take-me-off")
        swap = Swap.objects.get()
        assert (swap.urgent, swap.end) == (True, TODAY + 15 * HOUR)
        assert f'href="/swaps/{swap.pk}">You asked to be taken off' in page(noon.ana, "/")
        self.post(noon.ana, "/take-me-off")
        assert Swap.objects.count() == 1

    @pytest.mark.parametrize("who", ["bo", "mia", "eve"])
    def test_only_who_is_on_comes_off(self, noon, who):
        self.post(getattr(noon, who), "/take-me-off")
        assert not Swap.objects.exists()

    @pytest.mark.parametrize("fields", [{"schedule": "\x00"}, {"schedule": "x" * 5000}, {"schedule": ""}])
    def test_a_schedule_that_is_not_there_is_404(self, noon, fields):
        assert self.post(noon.bo, "/take-over", **fields).status_code == 404

    def test_a_role_that_is_not_there_is_refused(self, noon):
        self.post(noon.bo, "/take-over", role="\x00<b>")
        self.post(noon.ana, "/take-me-off", role="x" * 5000)
        assert not Override.objects.exists()
        assert not Swap.objects.exists()


def test_as_many_queries_for_many_swaps_as_for_few(noon, django_assert_max_num_queries):
    for hour in range(12):
        noon.ask(12 + hour / 4, 12.25 + hour / 4)
    client = browser(noon.bo)
    with django_assert_max_num_queries(20):
        client.get("/swaps")
