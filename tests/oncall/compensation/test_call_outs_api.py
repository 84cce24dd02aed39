"""Call-outs over HTTP: the person, their managers, and nobody else."""

import pytest
import time_machine
from rest_framework.test import APIClient

from oncall.compensation.models import Correction
from tests.oncall.compensation.test_corrections import Woken

pytestmark = pytest.mark.django_db
URL = "/api/v1/pay/call-outs"


@pytest.fixture
def woken(db):
    made = Woken()
    with time_machine.travel(made.now, tick=False):
        yield made


def client(user):
    made = APIClient()
    made.force_authenticate(user)
    return made


def asks(woken, who=None, **more):
    body = {
        "page": woken.page,
        "start": "2026-03-03T02:10",
        "end": "2026-03-03T04:10:00Z",
        "why": "worked on",
    }
    return client(who or woken.ana).post(URL, body | more, format="json")


def test_what_somebody_was_called_out_for_with_its_pages_and_incidents(woken):
    (one,) = client(woken.ana).get(URL).data
    (engagement,) = one.pop("engagements")
    assert one == {
        "user": "ana", "start": "2026-03-03T02:10:00Z", "end": "2026-03-03T02:35:00Z", "counts": True,
        "why_not": "", "kind": "night", "woken": True, "paid_minutes": 60, "amount": "30.00",
        "currency": "GBP", "lieu_minutes": 240,
    }  # fmt: skip
    assert engagement["page"] == woken.page
    assert engagement["ended_by"] == "resolved by Ana Ruiz"
    assert len(engagement["incidents"]) == 1


def test_who_is_paid_by_no_plan_sees_that_it_counts_for_nothing(woken):
    bo = woken.world.bo
    woken.world.alert("cpu")
    woken.world.wait(minutes=6)
    with time_machine.travel(woken.now, tick=False):
        (one,) = client(bo).get(URL, {"until": "2026-03-04"}).data
    assert (one["counts"], one["why_not"], one["amount"]) == (False, "no plan paid then", None)


def test_asked_for_by_the_person_and_approved_by_a_manager(woken):
    answer = asks(woken)
    assert (answer.status_code, answer.data["state"], answer.data["start"]) == (
        201, "asked", "2026-03-03T02:10:00Z",
    )  # fmt: skip
    number = answer.data["id"]
    assert client(woken.ana).get(URL).data[0]["engagements"][0]["asked"] == number
    assert [row["id"] for row in client(woken.mia).get(f"{URL}/corrections").data["results"]] == [number]
    assert client(woken.ana).post(f"{URL}/corrections/{number}/approve").status_code == 400
    assert client(woken.mia).post(f"{URL}/corrections/{number}/approve").data["decided_by"] == "mia"
    assert client(woken.mia).post(f"{URL}/corrections/{number}/approve").status_code == 409
    (one,) = client(woken.ana).get(f"{URL}/").data
    assert (one["end"], one["amount"]) == ("2026-03-03T04:10:00Z", "60.00")
    assert one["engagements"][0]["correction"] == number


def test_declined_with_a_reason_and_taken_back(woken):
    number = asks(woken).data["id"]
    assert client(woken.mia).post(f"{URL}/corrections/{number}/decline", {}, format="json").status_code == 400
    declined = client(woken.mia).post(f"{URL}/corrections/{number}/decline", {"why": "no"}, format="json")
    assert declined.data["state"] == "declined"
    number = asks(woken).data["id"]
    assert client(woken.ana).post(f"{URL}/corrections/{number}/withdraw").data["state"] == "dropped"


def test_others_see_none_of_it_and_decide_nothing(woken):
    number = asks(woken).data["id"]
    for stranger in (woken.stranger, woken.world.bo):
        assert client(stranger).get(URL, {"user": "ana"}).status_code == 404
        assert client(stranger).get(f"{URL}/corrections").data["results"] == []
        assert asks(woken, stranger, user="ana").status_code == 404
        for verb in ("approve", "decline", "withdraw"):
            answer = client(stranger).post(f"{URL}/corrections/{number}/{verb}", {"why": "x"}, format="json")
            assert answer.status_code == 404
    assert APIClient().get(URL).status_code in {401, 403}
    assert Correction.objects.get().state == "asked"


@pytest.mark.parametrize(
    "body",
    [
        {"end": "2026-03-03T01:00"},
        {"end": "2026-03-09T01:00"},
        {"end": None},
        {"start": "yesterday"},
        {"start": 7},
        {"page": 10**40},
        {"page": "x"},
        {"page": None, "start": None, "end": None},
        {"why": ""},
        {"why": "x" * 401},
        {"user": "nobody"},
    ],
)
def test_bad_input_is_refused_with_a_sentence(woken, body):
    answer = asks(woken, **body)
    assert answer.status_code == 400
    assert answer.data
    assert not Correction.objects.exists()


@pytest.mark.parametrize(
    "query",
    [
        {"since": "2026-03-05", "until": "2026-03-05"},
        {"since": "2020-01-01"},
        {"since": "0001-01-01", "until": "0001-02-01"},
        {"until": "9999-12-31"},
        {"since": "March"},
        {"user": "\x00"},
    ],
)
def test_days_that_cannot_be_are_refused(woken, query):
    assert client(woken.ana).get(URL, query).status_code == 400
