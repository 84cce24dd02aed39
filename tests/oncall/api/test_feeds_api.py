"""Calendar addresses over the API: whose one sees, makes, replaces and ends."""

import json

import pytest
import time_machine
from django.test import Client

from oncall.actions.feeds import issue_feed, note_fetch
from oncall.models import Feed
from people import actions as people
from people.ledger.models import Entry
from people.models import User
from tests.oncall.feeds.office import HOUR, NOW, TESTS

PATH = "/api/v1/feeds"


@pytest.fixture(autouse=True)
def wednesday():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


class Caller:
    """One person with a token."""

    def __init__(self, user: User) -> None:
        token = people.create_token(user=user, by=TESTS, now=NOW)
        self.client = Client(headers={"Authorization": f"Bearer {token}"})

    def post(self, body):
        data = body if isinstance(body, bytes | str) else json.dumps(body)
        return self.client.post(PATH, data, "application/json")

    def patch(self, pk: int, body):
        return self.client.patch(f"{PATH}/{pk}", json.dumps(body), "application/json")

    def delete(self, pk: int):
        return self.client.delete(f"{PATH}/{pk}")

    def rows(self) -> list[dict[str, object]]:
        return self.client.get(PATH).json()["results"]

    def fetch(self, address: str) -> int:
        return self.client.get(address.removeprefix("http://127.0.0.1:8000")).status_code


@pytest.fixture
def ana(office) -> Caller:
    return Caller(office.ana)


@pytest.fixture
def mia(office) -> Caller:
    return Caller(office.mia)


def issue(owner, *, gaps: bool = False) -> Feed:
    issue_feed(owner=owner, gaps=gaps, by=TESTS, now=NOW)
    return Feed.objects.get(revoked_at=None, gaps=gaps, **_columns(owner))


def _columns(owner) -> dict[str, object]:
    none = {"user": None, "schedule": None, "team": None}
    return none if owner is None else none | {type(owner).__name__.lower(): owner}


def test_ones_own_is_made_once_and_the_answer_says_all_there_is(ana):
    made = ana.post({})
    assert made.status_code == 201
    row = made.json()
    assert ana.fetch(row["address"]) == 200
    assert row == {
        "id": Feed.objects.get().pk,
        "user": "ana",
        "schedule": None,
        "team": None,
        "gaps": False,
        "alarm_minutes": None,
        "address": row["address"],
        "created_at": "2026-03-04T12:00:00Z",
        "last_fetched_at": None,
        "last_fetched_by": None,
    }
    assert (made["Cache-Control"].split(", ")[-1], "no-store" in made["Cache-Control"]) == ("private", True)


def test_asked_again_it_is_the_same_and_rotated_it_is_another(ana, wednesday):
    first = ana.post({}).json()["address"]
    wednesday.shift(HOUR)
    again = ana.post({})
    assert (again.status_code, again.json()["address"]) == (200, first)
    anew = ana.post({"rotate": True})
    assert anew.status_code == 201
    assert [ana.fetch(address) for address in (first, anew.json()["address"])] == [410, 200]
    assert [row.actor.username for row in Entry.objects.filter(verb__startswith="feed.")] == ["ana"] * 3


@pytest.mark.parametrize(
    ("body", "of"),
    [
        ({"schedule": "Checkout"}, ("Checkout", None, False)),
        ({"schedule": "Checkout", "gaps": True}, ("Checkout", None, True)),
        ({"team": "Checkout"}, (None, "Checkout", False)),
        ({"team": "Checkout", "gaps": True}, (None, "Checkout", True)),
        ({"gaps": True}, (None, None, True)),
        ({"schedule": None, "team": None, "gaps": True}, (None, None, True)),
    ],
)
def test_a_manager_makes_what_a_responder_may_not(ana, mia, body, of):
    refused = ana.post(body)
    assert refused.status_code == 403
    assert "managers" in refused.json()["detail"]
    assert not Feed.objects.exists()
    row = mia.post(body).json()
    assert (row["schedule"], row["team"], row["gaps"], row["user"]) == (*of, None)
    assert mia.fetch(row["address"]) == 200


def everything(office) -> dict[str, Feed]:
    return {
        "ana": issue(office.ana),
        "zed": issue(office.zed),
        "schedule": issue(office.schedule),
        "team gaps": issue(office.team, gaps=True),
        "all gaps": issue(None, gaps=True),
    }


def seen(caller: Caller, feeds: dict[str, Feed]) -> dict[str, bool]:
    """By name: whether the address is shown of each calendar in the list."""
    names = {feed.pk: name for name, feed in feeds.items()}
    return {names[row["id"]]: row["address"] is not None for row in caller.rows()}


def test_the_list_has_what_is_ones_own_and_of_a_manager_what_they_manage(office, ana, mia):
    feeds = everything(office)
    root = User.objects.create_superuser("root", "root@example.com", date_joined=NOW)
    assert seen(ana, feeds) == {"ana": True}
    assert seen(Caller(office.bo), feeds) == {}
    assert seen(mia, feeds) == {"ana": False, "schedule": True, "team gaps": True, "all gaps": True}
    assert seen(Caller(root), feeds) == dict.fromkeys(feeds, True)


def test_a_manager_of_another_team_who_takes_somebody_in_sees_no_address_and_ends_none(office):
    feeds = everything(office)
    team = people.create_team(name="Other", by=TESTS, now=NOW)
    people.set_members(team=team, members={office.zed: "manager", office.ana: "responder"}, by=TESTS, now=NOW)
    zed = Caller(office.zed)
    assert seen(zed, feeds) == {"ana": False, "zed": True, "all gaps": True}
    assert zed.delete(feeds["ana"].pk).status_code == 403
    assert zed.patch(feeds["ana"].pk, {"alarm_minutes": 5}).status_code == 403
    assert zed.delete(feeds["schedule"].pk).status_code == 404


def test_the_list_says_who_fetched_it_last(office, ana):
    note_fetch(feed=issue(office.ana), user_agent="Google-Calendar-Importer", now=NOW - 6 * HOUR)
    (row,) = ana.rows()
    assert (row["last_fetched_at"], row["last_fetched_by"]) == ("2026-03-04T06:00:00Z", "Google")


def test_an_ended_address_answers_410_and_is_not_listed(office, ana):
    row = ana.post({}).json()
    assert ana.delete(row["id"]).status_code == 204
    assert ana.fetch(row["address"]) == 410
    assert ana.rows() == []
    assert ana.delete(row["id"]).status_code == 404
    assert ana.patch(row["id"], {"alarm_minutes": 5}).status_code == 404


def test_the_alarm_is_set_and_taken_away(office, ana):
    row = ana.post({}).json()
    changed = ana.patch(row["id"], {"alarm_minutes": 30})
    assert (changed.status_code, changed.json()) == (200, row | {"alarm_minutes": 30})
    assert ana.patch(row["id"], {"alarm_minutes": None}).json() == row
    assert Feed.objects.get().alarm_minutes is None


@pytest.mark.parametrize("name", ["zed", "schedule", "team gaps", "all gaps"])
def test_others_calendars_are_not_found(office, ana, name):
    feed = everything(office)[name]
    assert ana.delete(feed.pk).status_code == 404
    assert ana.patch(feed.pk, {"alarm_minutes": 5}).status_code == 404
    assert not Feed.objects.exclude(revoked_at=None).exists()


def test_without_a_token_there_is_nothing(office):
    feed = issue(office.ana)
    for answer in (
        Client().get(PATH),
        Client().post(PATH, "{}", "application/json"),
        Client().delete(f"{PATH}/{feed.pk}"),
    ):
        assert answer.status_code == 401
    assert Feed.objects.filter(revoked_at=None).count() == 1


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({"schedule": "Chekout"}, "schedule", "did you mean “Checkout”?"),
        ({"team": "Chekout"}, "team", "did you mean “Checkout”?"),
        ({"team": "\x00"}, "team", "There is no team “?”"),
        ({"team": "\ud800"}, "team", "There is no team"),
        ({"team": "x" * 100_000}, "team", "There is no team"),
        ({"team": ["Checkout"]}, "team", "Not a valid string."),
        ({"schedule": {"name": "Checkout"}}, "schedule", "Not a valid string."),
        ({"schedule": "Checkout", "team": "Checkout"}, "team", "not both"),
        ({"gaps": "perhaps"}, "gaps", "Must be a valid boolean."),
        ({"rotate": None}, "rotate", "This field may not be null."),
        ({"gap": True}, "non_field_errors", "There is no key “gap”; did you mean “gaps”?"),
        ({"user": "bo"}, "non_field_errors", "There is no key “user”"),
        ({"\x00" * 1000: 1}, "non_field_errors", "There is no key “???"),
        ([], "non_field_errors", "Invalid data"),
        ("[" * 100_000, "detail", "nested too deeply"),
        (b"\xff", "detail", "JSON"),
    ],
)
def test_nonsense_is_refused_with_a_sentence_and_makes_nothing(mia, body, field, sentence):
    answer = mia.post(body)
    assert answer.status_code == 400
    assert sentence in str(answer.json()[field])
    assert not Feed.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"alarm_minutes": -1},
        {"alarm_minutes": 40321},
        {"alarm_minutes": 10**30},
        {"alarm_minutes": "9" * 2000},
        {"alarm_minutes": 1.5},
        {"alarm_minutes": True},
        {"alarm_minutes": [5]},
        {"alarm_minutes": 5, "user": "bo"},
        {"alarm": 5},
        [5],
    ],
)
def test_an_alarm_that_is_none_is_refused(office, ana, body):
    feed = issue(office.ana)
    assert ana.patch(feed.pk, body).status_code == 400
    feed.refresh_from_db()
    assert feed.alarm_minutes is None


def test_only_a_persons_own_calendar_rings(office, mia):
    answer = mia.patch(issue(office.team).pk, {"alarm_minutes": 5})
    assert answer.status_code == 400
    assert "own calendar rings" in answer.json()["alarm_minutes"][0]


@pytest.mark.parametrize("number", ["0", "9" * 18, "9" * 40])
def test_a_number_of_nothing_is_not_found(ana, number):
    assert ana.delete(number).status_code == 404
    assert ana.patch(number, {"alarm_minutes": 5}).status_code == 404


def test_both_forms_of_each_address_answer(office, ana):
    feed = issue(office.ana)
    assert ana.client.get(f"{PATH}/").status_code == 200
    assert ana.client.delete(f"{PATH}/{feed.pk}/").status_code == 204


def test_a_request_in_the_browser_of_who_has_logged_in_makes_their_own(office):
    client = Client()
    client.force_login(office.ana, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post(PATH, "{}", "application/json")
    assert answer.status_code == 201
    assert Feed.objects.get().user == office.ana


def test_the_calendar_of_somebody_who_left_is_not_listed(office, mia):
    issue(office.ana)
    people.deactivate_user(user=office.ana, by=TESTS, now=NOW)
    assert mia.rows() == []
