"""Overrides: who may write them, what they do, and how nonsense is refused."""

import io
import json

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client

from oncall.models import Override
from people import actions as people
from people.ledger.models import Entry
from people.models import User
from tests.oncall.feeds.office import HOUR, NOW, TESTS, WEEK

COVER = {"role": "primary", "start": "2026-03-04T18:00", "end": "2026-03-04T20:00", "user": "bo"}


@pytest.fixture(autouse=True)
def wednesday():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


class Caller:
    """One person with a token."""

    def __init__(self, user: User) -> None:
        token = people.create_token(user=user, by=TESTS, now=NOW)
        self.client = Client(headers={"Authorization": f"Bearer {token}"})

    def post(self, body, schedule: str = "Checkout"):
        data = body if isinstance(body, bytes | str) else json.dumps(body)
        return self.client.post(f"/api/v1/schedules/{schedule}/overrides", data, "application/json")

    def delete(self, pk: int):
        return self.client.delete(f"/api/v1/overrides/{pk}")

    def get(self, path: str):
        return self.client.get(f"/api/v1/{path}")


@pytest.fixture
def mia(office) -> Caller:
    return Caller(office.mia)


def on_call(office, at: str) -> list[str]:
    (row,) = json.loads(office.command("whois", "Checkout", "--at", at, "--format", "json"))
    return row["users"]


def test_a_cover_is_who_is_on_call_for_its_span_and_the_answer_says_so(office, mia):
    response = mia.post(COVER | {"reason": "dentist"})
    assert response.status_code == 201
    assert response.json() == {
        "id": Override.objects.get().pk,
        "schedule": "Checkout",
        "role": "primary",
        "kind": "cover",
        "start": "2026-03-04T18:00:00Z",
        "end": "2026-03-04T20:00:00Z",
        "user": "bo",
        "instead_of": None,
        "reason": "dentist",
        "over_temporary": False,
        "created_at": "2026-03-04T12:00:00Z",
        "created_by": "mia",
        "advice": [
            (
                "Bo Lind is on call for Checkout from Wed 2026-03-04 18:00 UTC and has no usable contact"
                " method. Enter one, or give the shift to someone else."
            )
        ],
    }
    times = ["2026-03-04T17:59:59", "2026-03-04T18:00", "2026-03-04T19:59:59", "2026-03-04T20:00"]
    assert [on_call(office, at) for at in times] == [["ana"], ["bo"], ["bo"], ["ana"]]
    assert Entry.objects.get(verb="override.created").actor_name == "Mia Falk (API)"


def test_times_without_an_offset_are_the_schedules_wall_clock(office, mia):
    office.rotation("Berlin desk", [office.ana.pk], zone="Europe/Berlin")
    made = mia.post(COVER | {"end": "2026-03-04T20:00:00+00:00"}, schedule="Berlin%20desk").json()
    assert (made["start"], made["end"]) == ("2026-03-04T17:00:00Z", "2026-03-04T20:00:00Z")


def test_a_replace_takes_the_named_persons_place(office, mia):
    response = mia.post(COVER | {"kind": "replace", "instead_of": "ana", "user": "zed"})
    assert response.status_code == 201
    assert on_call(office, "2026-03-04T19:00") == ["zed"]


@pytest.mark.parametrize("name", ["ana", "bo", "mia", "root"])
def test_participants_managers_and_superusers_write_overrides(office, name):
    User.objects.create_superuser("root", "root@example.com", "x")
    caller = Caller(User.objects.get(username=name))
    made = caller.post(COVER)
    assert made.status_code == 201
    assert caller.delete(made.json()["id"]).status_code == 204


def test_a_stranger_is_told_who_may_and_nothing_is_written(office, mia):
    made = mia.post(COVER).json()["id"]
    zed = Caller(office.zed)
    for response in (zed.post(COVER), zed.delete(made)):
        assert response.status_code == 403
        assert response.json()["detail"].startswith("Only those who stand in Checkout, managers of its team")
    assert Override.objects.get().cancelled_at is None


def test_someone_who_stands_only_in_another_schedule_may_not(office):
    office.team = None  # a schedule without a team takes anybody
    office.rotation("Desk", [office.zed.pk])
    zed = Caller(office.zed)
    assert zed.post(COVER).status_code == 403
    assert zed.post(COVER, schedule="Desk").status_code == 201


def test_nobody_writes_without_a_token(office):
    response = Client().post("/api/v1/schedules/Checkout/overrides", json.dumps(COVER), "application/json")
    assert response.status_code == 401


def test_deleting_one_that_has_not_begun_leaves_no_trace_in_the_roster(office, mia):
    made = mia.post(COVER).json()["id"]
    assert mia.delete(made).status_code == 204
    assert on_call(office, "2026-03-04T19:00") == ["ana"]
    assert mia.get(f"overrides/{made}").status_code == 404
    assert mia.delete(made).status_code == 404


def test_deleting_one_that_has_begun_ends_it_and_keeps_what_was_carried(office, mia, wednesday):
    made = mia.post(COVER).json()["id"]
    wednesday.move_to(NOW + 7 * HOUR)
    assert mia.delete(made).status_code == 204
    assert on_call(office, "2026-03-04T18:59:59") == ["bo"]
    assert on_call(office, "2026-03-04T19:00") == ["ana"]
    assert mia.get(f"overrides/{made}").json()["end"] == "2026-03-04T19:00:00Z"


def test_deleting_one_that_is_over_is_refused_with_a_sentence(office, mia, wednesday):
    made = mia.post(COVER).json()["id"]
    wednesday.move_to(NOW + WEEK)
    response = mia.delete(made)
    assert response.status_code == 400
    assert "stays as it was" in response.json()["non_field_errors"][0]


def test_overrides_are_listed_latest_first_by_schedule_and_span(office, mia):
    office.rotation("Desk", [office.ana.pk])
    first, second = (
        mia.post(COVER).json()["id"],
        mia.post(COVER | {"start": "2026-03-05", "end": "2026-03-06"}).json()["id"],
    )
    desk = mia.post(COVER | {"start": "2026-03-07", "end": "2026-03-08"}, schedule="Desk").json()["id"]

    def listed(query: str) -> list[int]:
        return [row["id"] for row in mia.get(f"overrides{query}").json()["results"]]

    assert listed("") == [desk, second, first]
    assert listed("?schedule=Checkout") == [second, first]
    assert listed("?until=2026-03-05") == [first]
    assert listed("?since=2026-03-04T20:00Z") == [desk, second]


def test_a_second_cover_of_the_same_hour_is_refused_and_the_first_is_named(office, mia):
    assert mia.post(COVER).status_code == 201
    refused = mia.post(COVER | {"user": "mia"})
    assert refused.status_code == 400
    assert "Bo Lind covers primary" in refused.json()["non_field_errors"][0]


BAD_INPUT = [
    ({"end": "2026-03-04T18:00"}, "end", "must come after the start"),
    ({"end": "2026-03-04T17:00"}, "end", "must come after the start"),
    ({"end": "2046-03-04"}, "end", "More than ten years"),
    ({"start": "soon"}, "start", "“soon” is not a time"),
    ({"start": "0000-01-01"}, "start", "is not a time"),
    ({"start": "0001-01-01T00:00+14:00"}, "start", "lies outside the years"),
    ({"end": "9999-12-31T23:59:59-14:00"}, "end", "lies outside the years"),
    ({"start": None}, "start", "may not be null"),
    ({"start": 1.5e300}, "start", "is not a time"),
    ({"start": ["2026"]}, "start", "Not a valid string"),
    ({"start": "2026-03-04T18:00\x00"}, "start", "is not a time"),
    ({"user": "boo"}, "user", "There is no person “boo”; did you mean “bo”?"),
    ({"user": "\x00"}, "user", "There is no person “?”"),
    ({"user": "\ud800"}, "user", "There is no person “?”"),
    ({"user": 7}, "user", "There is no person “7”"),
    ({"user": {"name": "bo"}}, "user", "Not a valid string"),
    ({"user": "u" * 5000}, "user", "There is no person"),
    ({"role": "primry"}, "role", "There is no role “primry”; did you mean “primary”?"),
    ({"role": "p\x00"}, "role", "Null characters are not allowed"),
    ({"role": "p" * 41}, "role", "no more than 40"),
    ({"kind": "swap"}, "kind", "Write cover, replace, add, remove."),
    ({"kind": "\ud800"}, "kind", "Write cover, replace, add, remove."),
    ({"kind": "replace"}, "instead_of", "A replace names the person whose place is taken."),
    ({"instead_of": "ana"}, "instead_of", "Only a replace takes somebody's place"),
    ({"reason": "x" * 201}, "reason", "no more than 200"),
    ({"reason": "\ud800"}, "reason", "Surrogate characters are not allowed"),
    ({"start": "2026-03-01", "end": "2026-03-02"}, "non_field_errors", "in the past"),
]


def test_bad_input_is_400_with_a_sentence_at_its_field(office, mia, subtests):
    for change, field, sentence in BAD_INPUT:
        with subtests.test(ascii(change)):
            response = mia.post(COVER | change)
            assert response.status_code == 400
            assert list(response.json()) == [field]
            assert sentence in response.json()[field][0]
            assert not Override.objects.exists()


def test_someone_who_left_cannot_be_put_on_call(office, mia):
    people.deactivate_user(user=office.bo, by=TESTS, now=NOW)
    response = mia.post(COVER)
    assert response.status_code == 400
    assert response.json() == {"user": ["Bo Lind (bo) is deactivated; name someone else."]}


NEEDED = ["role", "start", "end", "user"]


def test_what_is_missing_is_named(office, mia, subtests):
    for missing in NEEDED:
        with subtests.test(ascii(missing)):
            response = mia.post({key: value for key, value in COVER.items() if key != missing})
            assert (response.status_code, list(response.json())) == (400, [missing])


BODIES = [[], "{", b"\xff", "null", "3", '"x"', ""]


def test_a_body_that_is_no_object_is_400(office, mia, subtests):
    for body in BODIES:
        with subtests.test(ascii(body)):
            assert mia.post(body).status_code == 400


def test_the_schema_of_these_addresses_has_no_warning():
    text = io.StringIO()
    call_command("spectacular", "--urlconf", "oncall.api.urls", "--validate", "--fail-on-warn", stdout=text)
    for address in (
        "/oncall:",
        "/schedules/{name}/shifts:",
        "/schedules/{name}/overrides:",
        "/overrides/{id}:",
    ):
        assert address in text.getvalue()
