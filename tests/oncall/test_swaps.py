"""Somebody asks, the first to take it carries it, and the roster says so to the minute."""

import pytest

from oncall import actions
from oncall.core.override import TemporaryShift
from oncall.models import Override, Swap
from people import actions as people
from people.ledger.models import Entry
from people.ledger.record import Actor
from people.models import Membership
from tests.oncall.noon import DAY, HOUR, TODAY, Noon
from tests.world import TESTS

pytestmark = pytest.mark.django_db


@pytest.fixture
def noon():
    return Noon()


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ((13, 18), ["ana 12-13", "bo 13-15"]),
        ((10, 13), ["bo 12-13", "ana 13-15"]),
        ((13, 14), ["ana 12-13", "bo 13-14", "ana 14-15"]),
        ((12, 15), ["bo 12-15"]),
    ],
)
def test_a_taken_swap_is_clipped_to_the_shift(noon, span, expected):
    swap = noon.ask(*span)
    assert noon.on() == ["ana 12-15"], "until somebody takes it the giver stays on"
    noon.take(swap)
    assert noon.on() == expected
    assert noon.on(day=0) == noon.on(day=2) == ["ana 12-15"]
    assert set(Override.objects.values_list("kind", "swap")) == {("replace", swap.pk)}


def test_a_swap_that_touches_the_shifts_beside_it_leaves_them(noon):
    noon.take(noon.ask(15, 60, day=0))
    assert [noon.on(day=day) for day in (0, 1, 2)] == [["ana 12-15"], ["bo 12-15"], ["ana 12-15"]]


def test_an_override_beats_a_swap():
    wide = Noon(wide=True)
    wide.take(wide.ask(6, 18))
    wide.override("cover", wide.cy, 8, 12)
    assert wide.on() == ["ana 0-6", "bo 6-8", "cy 8-12", "bo 12-18", "ana 18-24"]


def test_a_span_over_several_days_goes_piece_by_piece(noon):
    noon.take(noon.ask(0, 72))
    assert [noon.on(day=day) for day in (1, 2, 3, 4)] == [["bo 12-15"]] * 3 + [["ana 12-15"]]
    assert Override.objects.count() == 3


@pytest.mark.parametrize("kind", ["cover", "add"])
def test_what_is_carried_by_an_override_is_cut_out_of_it(noon, kind):
    noon.override(kind, noon.cy, 16, 24)
    noon.take(noon.ask(18, 20, giver=noon.cy))
    assert noon.on() == ["ana 12-15", "cy 16-18", "bo 18-20", "cy 20-24"]


def test_the_whole_of_a_cover_can_be_given_away_and_given_on(noon):
    noon.override("cover", noon.cy, 12, 15)
    noon.take(noon.ask(12, 15, giver=noon.cy))
    assert noon.on() == ["bo 12-15"]
    noon.take(noon.ask(13, 14, giver=noon.bo), noon.cy)
    assert noon.on() == ["bo 12-13", "cy 13-14", "bo 14-15"]


def test_a_cover_that_has_begun_keeps_what_was_carried(noon):
    noon.override("cover", noon.cy, 12, 15, day=0)
    noon.now = TODAY + 13 * HOUR
    swap = noon.ask(12, 15, day=0, giver=noon.cy)
    assert swap.start == noon.now, "the past is nobody's to give"
    noon.now = TODAY + 14 * HOUR
    noon.take(swap)
    assert noon.on(day=0) == ["cy 12-14", "bo 14-15"]


def test_who_is_there_by_their_turn_and_as_an_addition_is_off_in_both(noon):
    noon.override("add", noon.ana, 11, 16)
    noon.take(noon.ask(11, 16))
    assert noon.on() == ["bo 11-16"]


def test_a_shift_of_a_temporary_schedule_can_be_given_away(noon):
    start = TODAY + DAY
    shift = TemporaryShift("primary", start + 9 * HOUR, start + 18 * HOUR, noon.ana.pk)
    actions.add_temporary(
        schedule=noon.noon, start=start, end=start + DAY, shifts=[shift], by=TESTS, now=noon.now
    )
    noon.take(noon.ask(10, 12))
    assert noon.on() == ["ana 9-10", "bo 10-12", "ana 12-18"]
    assert Override.objects.get().over_temporary


def test_a_shift_that_was_swapped_can_be_swapped_on(noon):
    noon.take(noon.ask(12, 15))
    noon.take(noon.ask(12, 15, giver=noon.bo), noon.cy)
    assert noon.on() == ["cy 12-15"]
    noon.take(noon.ask(12, 15, giver=noon.cy), noon.ana)
    assert noon.on() == ["ana 12-15"]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (
            {"start": 16, "end": 18},
            "carries nothing of primary of Noon .*they carry primary from 2026-03-04 12:00",
        ),
        ({"start": -40, "end": -20}, "the past is nobody's to give"),
        ({"start": 14, "end": 12}, "not after its start"),
        ({"start": 0, "end": 24 * 400}, "longer than a year"),
        ({"start": 12, "end": 15, "role": "pilot"}, "no role “pilot”"),
        ({"start": 12, "end": 15, "reason": "x" * 201}, "at most 200"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(noon, asked, sentence):
    with pytest.raises(actions.Refused, match=sentence):
        noon.ask(**asked)
    assert not Swap.objects.exists()


def test_who_carries_nothing_at_all_hears_that(noon):
    with pytest.raises(actions.Refused, match="nor anything there in the 60 days"):
        noon.ask(12, 15, giver=noon.bo)


def test_one_does_not_ask_twice_for_the_same_hours(noon):
    noon.ask(12, 14)
    with pytest.raises(actions.Refused, match="has asked already"):
        noon.ask(13, 15)
    noon.ask(14, 15)


def refusal(noon, swap, taker):
    with pytest.raises(actions.Refused) as refused:
        noon.take(swap, taker)
    return str(refused.value)


def test_who_may_not_take_it_hears_why(noon):
    swap = noon.ask(12, 15)
    stranger, watcher = noon.person("zoe", "Zoe Zed"), noon.person("ola", "Ola Dahl")
    Membership.objects.create(team=noon.team, user=watcher, role="observer")
    assert "their own shift" in refusal(noon, swap, noon.ana)
    assert "neither stands in Noon" in refusal(noon, swap, stranger)
    assert "neither stands in Noon" in refusal(noon, swap, watcher)
    people.deactivate_user(user=noon.cy, by=TESTS, now=noon.now)
    assert "deactivated" in refusal(noon, swap, noon.cy)
    assert noon.on() == ["ana 12-15"]


def test_only_the_one_who_was_asked_takes_it(noon):
    swap = noon.ask(12, 15, offered_to=noon.cy)
    assert "asked Cy Moss alone" in refusal(noon, swap, noon.bo)
    noon.take(swap, noon.cy)
    assert noon.on() == ["cy 12-15"]


def test_whoever_is_on_that_role_then_cannot_take_it(noon):
    noon.override("add", noon.bo, 14, 20)
    assert "then already" in refusal(noon, noon.ask(12, 15), noon.bo)


def test_the_second_to_take_it_hears_who_was_quicker(noon):
    swap = noon.ask(12, 15)
    noon.take(swap)
    assert "Bo Lind was quicker" in refusal(noon, swap, noon.cy)


def test_what_is_over_or_no_longer_carried_is_not_taken(noon):
    swap = noon.ask(12, 15)
    noon.override("cover", noon.cy, 12, 15)
    assert "no longer carries" in refusal(noon, swap, noon.bo)
    noon.now = TODAY + DAY + 15 * HOUR
    assert "is over" in refusal(noon, swap, noon.bo)


class TestApproval:
    @pytest.fixture
    def noon(self):
        noon = Noon()
        noon.team.swaps_need_approval = True
        noon.team.save()
        return noon

    def approve(self, noon, swap, by):
        return actions.approve_swap(swap=swap, by=Actor.person(by), now=noon.now)

    def test_until_a_manager_says_yes_the_giver_stays_on(self, noon):
        swap = noon.ask(12, 15)
        assert noon.take(swap).state == "taken"
        assert noon.on() == ["ana 12-15"]
        self.approve(noon, swap, noon.mia)
        assert noon.on() == ["bo 12-15"]
        swap.refresh_from_db()
        assert (swap.state, swap.decided_by, swap.wake_at) == ("done", noon.mia, None)

    def test_nobody_approves_their_own(self, noon):
        swap = noon.ask(12, 15)
        noon.take(swap, noon.mia)
        with pytest.raises(actions.Refused, match="ask another manager"):
            self.approve(noon, swap, noon.mia)
        noon.mia.is_superuser = True
        noon.mia.save()
        self.approve(noon, swap, noon.mia)
        assert noon.on() == ["mia 12-15"]

    def test_a_no_leaves_the_giver_on(self, noon):
        swap = noon.ask(12, 15)
        noon.take(swap)
        actions.decline_swap(swap=swap, reason="Bo is new", by=Actor.person(noon.mia), now=noon.now)
        assert noon.on() == ["ana 12-15"]
        with pytest.raises(actions.Refused, match="said no"):
            self.approve(noon, swap, noon.mia)
        noon.ask(12, 15)

    def test_what_nobody_took_cannot_be_approved(self, noon):
        with pytest.raises(actions.Refused, match="waits for nobody's yes"):
            self.approve(noon, noon.ask(12, 15), noon.mia)


def test_a_withdrawn_swap_is_not_taken_and_may_be_asked_again(noon):
    swap = noon.ask(12, 15)
    actions.withdraw_swap(swap=swap, by=TESTS, now=noon.now)
    assert "the giver took it back" in refusal(noon, swap, noon.bo)
    with pytest.raises(actions.Refused):
        actions.withdraw_swap(swap=swap, by=TESTS, now=noon.now)
    noon.take(noon.ask(12, 15))
    assert noon.on() == ["bo 12-15"]


def test_the_history_stands_on_the_schedules_timeline(noon):
    swap = noon.ask(13, 18, reason="dentist")
    noon.take(swap)
    rows = Entry.objects.filter(subject_type="schedule", subject_id=noon.noon.pk, data__swap=swap.pk)
    assert list(rows.order_by("pk").values_list("verb", flat=True)) == [
        "swap.asked",
        "swap.taken",
        "override.created",
    ]
    assert {row.why for row in rows} == {"dentist"}


def test_a_swap_changes_the_revision_only_when_the_roster_changes(noon):
    swap = noon.ask(12, 15)
    before = type(noon.noon).objects.get(pk=noon.noon.pk).revision
    noon.take(swap)
    assert type(noon.noon).objects.get(pk=noon.noon.pk).revision == before + 1
