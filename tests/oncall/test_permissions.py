"""Who may ask, decide, decline and withdraw, and whose time off one keeps: every kind of person."""

import pytest

from oncall import actions, permissions
from people.models import Membership, Team, User
from people.permissions import may_edit_team
from tests.oncall.noon import Noon
from tests.world import TESTS

pytestmark = pytest.mark.django_db

EVERYBODY = ["ana", "bo", "cy", "eve", "max", "mia", "oda", "root", "zoe"]


@pytest.fixture
def noon():
    """Ana gives, Bo was asked alone; Cy is a colleague, Oda an observer, Mia and Max manage, Eve manages
    another team, Zoe is in no team, Root is a superuser.
    """
    noon = Noon()
    for name in ("eve", "max", "oda", "zoe"):
        setattr(noon, name, noon.person(name, name.title()))
    noon.root = User.objects.create_superuser("root", "root@example.com", "x")
    other = Team.objects.create(name="Others")
    for team, user, role in (
        (noon.team, noon.max, "manager"),
        (noon.team, noon.oda, "observer"),
        (other, noon.eve, "manager"),
        (other, noon.zoe, "responder"),
    ):
        Membership.objects.create(team=team, user=user, role=role)
    return noon


def those_who(may, *about) -> list[str]:
    return [name for name in EVERYBODY if may(User.objects.get(username=name), *about)]


def test_the_giver_and_managers_ask_and_withdraw(noon):
    swap = noon.ask(12, 15, offered_to=noon.bo)
    assert those_who(permissions.may_ask, noon.noon, noon.ana) == ["ana", "max", "mia", "root"]
    assert those_who(permissions.may_withdraw, swap) == ["ana", "max", "mia", "root"]


def test_managers_decide_and_the_one_who_was_asked_may_say_no(noon):
    swap = noon.ask(12, 15, offered_to=noon.bo)
    assert those_who(permissions.may_decide, swap) == ["max", "mia", "root"]
    assert those_who(permissions.may_decline, swap) == ["bo", "max", "mia", "root"]


def test_a_manager_who_takes_or_gives_does_not_decide(noon):
    Team.objects.update(swaps_need_approval=True)
    swap = noon.take(noon.ask(12, 15), noon.mia)
    assert those_who(permissions.may_decide, swap) == ["max", "root"]
    noon.override("cover", noon.max, 16, 20)
    swap = noon.ask(16, 20, giver=noon.max)
    assert those_who(permissions.may_decide, swap) == ["mia", "root"]
    assert those_who(permissions.may_withdraw, swap) == ["max", "mia", "root"]


def test_a_schedule_of_no_team_is_every_managers(noon):
    actions.set_team(schedule=noon.noon, team=None, by=TESTS, now=noon.now)
    assert those_who(permissions.may_ask, noon.noon, noon.ana) == ["ana", "eve", "max", "mia", "root"]


def test_time_off_is_kept_by_oneself_and_the_managers_of_ones_teams(noon):
    assert those_who(permissions.may_keep_time_off, noon.ana) == ["ana", "max", "mia", "root"]
    assert those_who(permissions.may_keep_time_off, noon.zoe) == ["eve", "root", "zoe"]
    kept = permissions.keeps_time_off_of(noon.eve)
    assert sorted(kept.values_list("username", flat=True)) == ["eve", "zoe"]
    assert not may_edit_team(noon.zoe, noon.team)
