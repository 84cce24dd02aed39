from datetime import UTC, datetime

import pytest

from people import actions
from people.ledger.models import Entry
from people.ledger.record import Actor
from people.models import ApiToken, Membership, Team, User

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 6, 11, 12, tzinfo=UTC)
BY = Actor("tests")


def person(username: str = "ana") -> User:
    return actions.create_user(username=username, by=BY, now=NOW)


def verbs() -> list[str]:
    return list(Entry.objects.order_by("pk").values_list("verb", flat=True))


def test_a_new_person_cannot_log_in_yet():
    user = actions.create_user(username="ana", by=BY, now=NOW, name="Ana", time_zone="Europe/Berlin")
    assert (user.name, user.time_zone, user.date_joined, user.has_usable_password()) == (
        "Ana",
        "Europe/Berlin",
        NOW,
        False,
    )
    assert verbs() == ["user.created"]


def test_a_username_is_given_once():
    person()
    with pytest.raises(actions.PeopleError, match="already a user “ana”"):
        person()


def test_a_change_says_from_and_to_and_is_written_once():
    user = person()
    for _ in range(2):
        actions.change_user(user=user, by=BY, now=NOW, name="Ana")
    entry = Entry.objects.get(verb="user.changed")
    assert (entry.subject_id, entry.data) == (user.pk, {"name": ["", "Ana"]})


def test_who_leaves_is_deactivated_with_every_token_and_never_deleted():
    user = person()
    actions.create_token(user=user, by=BY, now=NOW)
    actions.deactivate_user(user=user, by=BY, now=NOW)
    assert not User.objects.get().is_active
    assert ApiToken.objects.get().revoked_at == NOW
    assert Entry.objects.get(verb="user.deactivated").subject_type == "user"


def test_deactivating_twice_is_written_once():
    user = person()
    actions.deactivate_user(user=user, by=BY, now=NOW)
    actions.deactivate_user(user=user, by=BY, now=NOW)
    assert verbs() == ["user.created", "user.deactivated"]


def test_who_comes_back_is_active_and_their_old_tokens_stay_revoked():
    user = person()
    actions.create_token(user=user, by=BY, now=NOW)
    actions.deactivate_user(user=user, by=BY, now=NOW)
    actions.reactivate_user(user=user, by=BY, now=NOW)
    assert User.objects.get().is_active
    assert ApiToken.objects.get().revoked_at == NOW


def test_members_are_set_as_a_whole_and_managers_become_staff():
    ana, bo = person("ana"), person("bo")
    team = actions.create_team(name="Ops", by=BY, now=NOW)
    actions.set_members(team=team, members={ana: "manager", bo: "responder"}, by=BY, now=NOW)
    actions.set_members(team=team, members={bo: "manager"}, by=BY, now=NOW)
    assert list(Membership.objects.values_list("user__username", "role")) == [("bo", "manager")]
    assert list(User.objects.order_by("username").values_list("username", "is_staff")) == [
        ("ana", False),
        ("bo", True),
    ]


def test_a_manager_of_two_teams_stays_staff_until_the_last_one():
    ana = person()
    teams = [actions.create_team(name=name, by=BY, now=NOW) for name in ("A", "B")]
    for team in teams:
        actions.set_members(team=team, members={ana: "manager"}, by=BY, now=NOW)
    actions.set_members(team=teams[0], members={}, by=BY, now=NOW)
    assert User.objects.get().is_staff
    actions.set_members(team=teams[1], members={}, by=BY, now=NOW)
    assert not User.objects.get().is_staff


def test_an_administrator_stays_staff_without_a_team():
    root = actions.create_administrator(username="root", password="x", by=BY, now=NOW)
    team = actions.create_team(name="Ops", by=BY, now=NOW)
    actions.set_members(team=team, members={root: "responder"}, by=BY, now=NOW)
    user = User.objects.get()
    assert (user.is_staff, user.is_superuser, user.check_password("x")) == (True, True, True)


def test_the_same_members_again_are_not_written():
    ana = person()
    team = actions.create_team(name="Ops", by=BY, now=NOW)
    for _ in range(2):
        actions.set_members(team=team, members={ana: "responder"}, by=BY, now=NOW)
    assert verbs().count("team.changed") == 1


def test_a_team_changes_and_its_name_is_given_once():
    team = actions.create_team(name="Ops", by=BY, now=NOW, pages_per_shift_budget=3)
    actions.change_team(team=team, by=BY, now=NOW, time_zone="Asia/Tokyo")
    with pytest.raises(actions.PeopleError, match="already a team “Ops”"):
        actions.create_team(name="Ops", by=BY, now=NOW)
    team.refresh_from_db()
    assert (team.time_zone, team.pages_per_shift_budget) == ("Asia/Tokyo", 3)


def test_a_team_that_nothing_names_is_deleted():
    actions.retire_team(team=actions.create_team(name="Ops", by=BY, now=NOW), by=BY, now=NOW)
    assert not Team.objects.exists()
    assert verbs() == ["team.created", "team.changed"]


def test_a_token_is_known_by_its_digest_alone():
    user = person()
    secret = actions.create_token(user=user, by=BY, now=NOW)
    token = ApiToken.objects.get(digest=ApiToken.digest_of(secret))
    assert (token.user, token.created_at) == (user, NOW)
    assert secret not in str(list(Entry.objects.values()))


def test_who_has_left_gets_no_token():
    user = person()
    actions.deactivate_user(user=user, by=BY, now=NOW)
    with pytest.raises(actions.PeopleError, match="has been deactivated"):
        actions.create_token(user=user, by=BY, now=NOW)
