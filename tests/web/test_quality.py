"""The quality of a schedule: who carries how much in 52 weeks, and every number's rows."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from oncall import actions as oncall
from oncall.core.definition import Definition
from oncall.models import HolidayDate
from people import actions as people
from tests.world import TESTS

PAGE, JSON = "/schedules/Payments/quality", "/api/v1/schedules/Payments/quality"
HOUR = timedelta(hours=1)


def text(answer):
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def api(world, client):
    token = people.create_token(user=world.bo, by=TESTS, now=world.now)
    return lambda path=JSON: client.get(path, headers={"Authorization": f"Bearer {token}"})


def primary(answer):
    assert answer.status_code == 200
    return answer.json()["roles"][0]


def test_who_has_not_logged_in_is_asked_to(client, world):
    assert client.get(PAGE).status_code == 302
    assert client.get(JSON).status_code in {401, 403}


def test_an_unknown_schedule_is_not_found(ana, api):
    assert ana.get("/schedules/Paymants/quality").status_code == 404
    assert "did you mean “Payments”" in api("/api/v1/schedules/Paymants/quality").json()["detail"]


def test_the_page_has_a_line_for_everyone_and_a_link_behind_each_number(ana):
    for address in (PAGE, f"{PAGE}/"):
        page = text(ana.get(address))
        assert "2026-W10 to 2027-W08, in UTC" in page
        assert '<a href="?role=primary&amp;person=ana&amp;what=nights#behind">' in page
        assert "Payments is carried by 2 people" in page
        assert "style=" not in page
        assert "<script" not in page


def test_a_number_opens_the_shifts_behind_it(ana, world):
    oncall.add_override(
        schedule=world.schedule, role="primary", kind="cover", start=world.now + HOUR,
        end=world.now + 20 * HOUR, user=world.mia, by=TESTS, now=world.now,
    )  # fmt: skip
    page = text(ana.get(f"{PAGE}?role=primary&person=mia&what=nights"))
    assert "Nights of Mia Falk, primary" in page
    assert "Mon 2 Mar 2026</strong>" in page
    assert "Mon 2 Mar 2026 11:00</time> to" in page
    assert "Mia Falk · cover" in page
    assert "takes no turns" in page
    longest = text(ana.get(f"{PAGE}?role=primary&what=longest"))
    assert "Longest of primary" in longest


def test_gaps_are_counted_and_listed(ana, api, world):
    oncall.add_override(
        schedule=world.schedule, role="primary", kind="remove", start=world.now + HOUR,
        end=world.now + 3 * HOUR, user=world.ana, by=TESTS, now=world.now,
    )  # fmt: skip
    assert "1 gap, 2 h without anybody" in text(ana.get(f"{PAGE}?role=primary&what=gaps"))
    found = primary(api())
    assert found["gaps"] == [{"start": "2026-03-02T11:00:00Z", "end": "2026-03-02T13:00:00Z"}]
    assert sum(one["hours"] for one in found["people"]) + found["gap_hours"] == 52 * 168


def test_what_is_uneven_is_said_in_words_and_colour(ana, api, world):
    slots = [[world.ana.pk], [world.bo.pk], [world.ana.pk]]
    layer = {"name": "Weekly", "participants": slots, "start": "2026-03-02T00:00"}
    said = Definition.from_json({"roles": {"primary": {"layers": [layer]}}})
    oncall.new_version(
        schedule=world.schedule, time_zone="UTC", holidays="", definition=said, by=TESTS, now=world.now
    )
    assert [(one["user"], one["tones"]["hours"]) for one in primary(api())["people"]] == [
        ("ana", "red"),
        ("bo", "red"),
    ]
    assert "+35% red" in text(ana.get(PAGE))


def test_reading_writes_no_holidays_and_says_whose_are_unknown(ana, api, world):
    world.ana.holidays, world.bo.holidays = "DE-BE", "US-NY"
    world.ana.save()
    world.bo.save()
    HolidayDate.objects.create(calendar="DE-BE", date=date(2026, 3, 8), name="Frauentag")
    assert [one["holidays"] for one in primary(api())["people"]] == [1, None]
    page = text(ana.get(f"{PAGE}?role=primary&person=ana&what=holidays"))
    assert "Bo Lind has the holiday calendar US-NY, of which no dates are known" in page
    assert "Sun 8 Mar 2026, Frauentag" in page
    assert HolidayDate.objects.count() == 1


def test_a_fixed_number_of_queries(api, world):
    api()
    with CaptureQueriesContext(connection) as asked:
        api()
    assert len(asked) <= 7  # two of them are the token and the schedule
