"""What cannot be is refused by the schedule's page too, with what to do instead, and nothing is written."""

import pytest

from oncall.models import Override, ScheduleVersion, TimeOff
from tests.admin.filled import filled

COVER = {"overrides-TOTAL_FORMS": "1", "overrides-0-role": "primary", "overrides-0-kind": "cover"}


@pytest.fixture
def address(world):
    return f"/admin/oncall/schedule/{world.schedule.pk}/change/"


@pytest.mark.parametrize(
    ("field", "written", "said"),
    [
        ("layers-0-participants", "nobody", "has nobody who takes turns; name at least one person"),
        ("layers-0-participants", "ana, cy", "Not in team Payments, whose schedule this is: cy"),
        ("layers-0-restrictions", "09:00-17:00", "write mon-fri 09:00-17:00"),
        ("time_zone", "Europe/Atlantis", "Europe/Atlantis"),
        ("effective", "2026-02-01T09:00", "cannot begin in the past"),
    ],
)
def test_what_a_schedule_cannot_say_is_refused_with_a_sentence(mia, world, address, field, written, said):
    world.person("cy", "Cy Orr")
    other = {"holidays": "DE"} if field == "effective" else {}
    answer = mia.post(address, filled(mia.get(address), **{field: written}, **other))
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert ScheduleVersion.objects.count() == 1


def test_the_preview_says_that_what_would_be_refused_is_not_ready_to_be_saved(mia, world, address):
    world.person("cy", "Cy Orr")
    form = filled(mia.get(address), **{"layers-0-participants": "ana, cy"})
    page = mia.post(address.replace("change/", "preview/"), form).content.decode()
    assert "Not ready to be saved" in page
    assert "Not in team Payments" in page
    assert "data-drawn" in page


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("2026-03-03T18:00", "2026-03-03T17:00", "write a later end"),
        ("2026-03-03T18:00", "2027-03-05T18:00", "an override lasts at most 366"),
        ("2026-02-03T18:00", "2026-02-03T20:00", "in the past"),
    ],
)
def test_an_override_that_cannot_be_is_refused_with_a_sentence(mia, world, address, start, end, said):
    wanted = COVER | {
        "overrides-0-user": world.bo.pk,
        "overrides-0-start": start,
        "overrides-0-end": end,
    }
    answer = mia.post(address, filled(mia.get(address), **wanted))
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not Override.objects.exists()


@pytest.mark.parametrize("field", ["effective", "layers-0-start", "layers-0-end", "temporary-start"])
@pytest.mark.parametrize(
    ("zone", "year"),
    [("Pacific/Kiritimati", "0001-01-01T00:00"), ("America/Los_Angeles", "9999-12-31T23:59")],
)
def test_a_year_that_calendars_do_not_have_is_refused_with_a_sentence(mia, address, field, zone, year):
    form = filled(mia.get(address), **{"time_zone": zone, field: year})
    for page in (address, address.replace("change/", "preview/")):
        answer = mia.post(page, form)
        assert answer.status_code == 200
        assert "lies outside the years 1970 to 2199" in answer.content.decode()
    assert ScheduleVersion.objects.count() == 1


@pytest.mark.parametrize("number", ["ana", "1.5", "9" * 30, "-1", "0"])
def test_a_person_who_is_no_number_is_no_choice(mia, world, address, number):
    cover = COVER | {"overrides-0-start": "2026-03-03T18:00", "overrides-0-end": "2026-03-03T20:00"}
    away = {"user": number, "start": "2026-03-05", "end": "2026-03-06"}
    for page, form in (
        (address, filled(mia.get(address), **cover, **{"overrides-0-user": number})),
        ("/admin/oncall/timeoff/add/", away),
    ):
        answer = mia.post(page, form)
        assert answer.status_code == 200
        assert "Select a valid choice" in answer.content.decode()
    assert not Override.objects.exists()
    assert not TimeOff.objects.exists()


def test_a_person_who_was_chosen_stays_chosen_where_something_else_is_refused(mia, world):
    away = {"user": str(world.ana.pk), "start": "2026-03-05", "end": "2026-03-05"}
    assert "Ana Ruiz</option>" in mia.post("/admin/oncall/timeoff/add/", away).content.decode()
