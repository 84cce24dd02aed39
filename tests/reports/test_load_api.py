"""Pager load over HTTP: managers see their teams, engineers their own part, others nothing."""

import pytest

from people import actions as people
from tests.reports.made import HOUR, NEXT, Team
from tests.world import TESTS


@pytest.fixture
def world(db, monkeypatch):
    world = Team()
    monkeypatch.setattr("people.clock.now", lambda: world.now)
    return world.at(NEXT + HOUR)


@pytest.fixture
def ask(client, world):
    def get(user, address, **query):
        token = people.create_token(user=user, by=TESTS, now=world.now)
        return client.get(f"/api/v1/load{address}", query, headers={"authorization": f"Bearer {token}"})

    return get


def test_the_teams_with_their_newest_verdict(world, ask):
    (row,) = ask(world.bo, "").json()
    (stored,) = world.kept()
    assert (row["team"], row["report"], row["pages"]) == ("Payments", str(stored.uid), 2)
    assert row["verdict"] == ("red" if stored.red else "amber" if stored.amber else "green")
    assert row["sleep_interruptions"] == 2


def test_a_team_without_a_report_yet(world, ask):
    people.create_team(name="Anvil", by=TESTS, now=world.now)
    people.set_members(
        team=type(world.team).objects.get(name="Anvil"),
        members={world.bo: "responder"},
        by=TESTS,
        now=world.now,
    )
    row = ask(world.bo, "/").json()[0]
    assert (row["team"], row["report"], row["verdict"]) == ("Anvil", None, None)


def test_who_manages_sees_all_and_an_engineer_their_own(world, ask):
    managers, engineers = ask(world.mia, "/Payments").json(), ask(world.bo, "/Payments/").json()
    assert {row["user"] for row in managers["shifts"]} == {"ana", "bo"}
    assert {row["user"] for row in engineers["shifts"]} == {"bo"}
    assert {row["user"] for row in engineers["people"]} == {"bo"}
    assert engineers["pages"] == []
    assert engineers["teams"][0]["totals"]["pages"] == managers["teams"][0]["totals"]["pages"] == 2


def test_a_stored_one_as_it_was(world, ask):
    (stored,) = world.kept()
    said = ask(world.mia, f"/reports/{stored.uid}").json()
    assert said["teams"][0]["made_at"] == "2026-03-09T10:00:00Z"
    assert {row["user"] for row in ask(world.bo, f"/reports/{stored.uid}/").json()["shifts"]} == {"bo"}


def test_of_a_shift_whoever_carried_it_and_managers(world, ask):
    (stored,) = world.kept("shift")
    address = f"/reports/{stored.uid}"
    assert [ask(user, address).status_code for user in (world.ana, world.mia, world.bo)] == [200, 200, 404]


def test_what_one_may_not_see_is_not_there(world, ask):
    eve = world.person("eve", "Eve")
    (stored,) = world.kept()
    hidden = ask(eve, "/Payments")
    assert hidden.status_code == ask(eve, "/Nothing").status_code == 404
    assert hidden.json() == ask(eve, "/Nothing").json()
    assert ask(eve, f"/reports/{stored.uid}").status_code == 404
    assert ask(eve, "").json() == []
    root = people.create_administrator(
        username="root", password="a long enough one 7", email="", by=TESTS, now=world.now
    )
    assert ask(root, "/Payments").status_code == 200


def test_nobody_is_let_in_without_a_token(world, client):
    for address in ("", "/Payments", f"/reports/{world.kept()[0].uid}"):
        assert client.get(f"/api/v1/load{address}").status_code == 401


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"since": "2026-03-03", "until": "2026-03-03"}, "must come after"),
        ({"since": "2010-03-03"}, "a year at most"),
        ({"since": "2026-05-01", "until": "2026-05-02"}, "still to come"),
        ({"since": "soon"}, "is not a time"),
    ],
)
def test_a_range_that_cannot_be_is_said(world, ask, query, sentence):
    answer = ask(world.mia, "/Payments", **query)
    assert answer.status_code == 400
    assert sentence in answer.json()["since"][0]


def test_a_range_cuts_shifts_at_its_edges(world, ask):
    said = ask(world.mia, "/Payments", since="2026-03-03", until="2026-03-04").json()
    assert {(row["start"], row["end"]) for row in said["shifts"]} == {
        ("2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z")
    }
