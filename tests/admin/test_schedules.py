"""A schedule in the admin: its layers in lines of text, a new version at each save, overrides beside it."""

from datetime import timedelta

import pytest

from oncall.models import Override, Schedule, ScheduleVersion, TimeOff
from oncall.selectors import final_shifts, on_call
from people.ledger.models import Entry
from tests.admin.filled import filled

NEW = "/admin/oncall/schedule/add/"
LAYER = {
    "layers-0-role": "primary",
    "layers-0-name": "Weekly",
    "layers-0-participants": "ana, bo+mia, nobody",
    "layers-0-start": "2026-01-05T10:00",
    "layers-0-shift_length": "1w",
    "layers-0-turns": "all",
    "layers-0-restrictions": "mon-fri 09:00-17:00; fri 18:00 - mon 09:00",
}
OVERRIDE = {"overrides-TOTAL_FORMS": "1", "overrides-0-role": "primary", "overrides-0-kind": "cover"}


@pytest.fixture
def address(world):
    return f"/admin/oncall/schedule/{world.schedule.pk}/change/"


def text(answer):
    return answer.content.decode()


def test_a_new_schedule_is_made_from_lines_of_text(mia, world):
    data = filled(mia.get(NEW), name="Desk", team=world.team.pk, time_zone="Europe/Berlin", **LAYER)
    assert mia.post(NEW, data).status_code == 302
    version = ScheduleVersion.objects.get(schedule__name="Desk")
    assert version.time_zone == "Europe/Berlin"
    assert version.definition["roles"]["primary"]["layers"] == [
        {
            "name": "Weekly",
            "participants": [[world.ana.pk], [world.bo.pk, world.mia.pk], []],
            "start": "2026-01-05T10:00",
            "shift_length": "1 week",
            "restrictions": [
                {"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "17:00"},
                {"start": "fri 18:00", "end": "mon 09:00"},
            ],
        }
    ]
    assert Entry.objects.get(verb="schedule.created", subject_id=version.schedule_id).actor == world.mia


def test_the_page_shows_what_was_written_as_it_was_written(mia, world):
    mia.post(NEW, filled(mia.get(NEW), name="Desk", team=world.team.pk, without_layers="shadow", **LAYER))
    desk = Schedule.objects.get(name="Desk")
    page = text(mia.get(f"/admin/oncall/schedule/{desk.pk}/change/"))
    for words in ("ana, bo+mia, nobody", "mon-fri 09:00-17:00; fri 18:00 - mon 09:00", "2026-01-05T10:00"):
        assert words in page
    assert 'value="shadow"' in page


def test_saving_what_stands_there_writes_nothing(mia, world, address):
    before = Entry.objects.count()
    assert mia.post(address, filled(mia.get(address))).status_code == 302
    assert ScheduleVersion.objects.count() == 1
    assert Entry.objects.count() == before


def test_an_edit_is_a_new_version_from_now_on(mia, world, address):
    data = filled(mia.get(address), **{"layers-0-participants": "bo, ana, mia"})
    assert mia.post(address, data).status_code == 302
    first, second = ScheduleVersion.objects.order_by("effective_from")
    assert second.effective_from == world.now
    assert second.created_by == world.mia
    assert second.definition["roles"]["secondary"] == {"follows": "primary", "layer": "Weekly", "offset": 1}
    assert first.definition["roles"]["primary"]["layers"][0]["participants"] == [
        [world.ana.pk],
        [world.bo.pk],
    ]


def test_an_edit_can_begin_later_at_local_time(mia, world, address):
    data = filled(mia.get(address), effective="2026-03-30T09:00", time_zone="Europe/Berlin")
    mia.post(address, data)
    later = ScheduleVersion.objects.latest("effective_from")
    assert later.effective_from.isoformat() == "2026-03-30T07:00:00+00:00"  # summer time began the day before
    assert "begins Mon 30 Mar 2026 09:00" in text(mia.get(address))


def test_the_past_is_not_written_over(mia, world, address):
    answer = mia.post(address, filled(mia.get(address), effective="2026-02-01T09:00", holidays="DE"))
    assert answer.status_code == 200
    assert "cannot begin in the past" in text(answer)
    assert ScheduleVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "written", "said"),
    [
        ("participants", "ana, boo", "There is no person “boo”"),
        ("participants", "ana,, bo", "write nobody for a slot without a person"),
        ("restrictions", "mondays 9-5", "is not a window of the week"),
        ("shift_length", "a while", "is not a shift length"),
        ("start", "soon", "is not a date and time"),
        ("name", "x" * 101, "at most 100 characters"),
    ],
)
def test_a_mistake_is_named_beside_its_field_and_nothing_is_written(mia, address, field, written, said):
    answer = mia.post(address, filled(mia.get(address), **{f"layers-0-{field}": written}))
    assert answer.status_code == 200
    assert said in text(answer)
    assert ScheduleVersion.objects.count() == 1


def test_a_role_that_follows_what_is_not_there_is_told_what_there_is(mia, address):
    answer = mia.post(address, filled(mia.get(address), **{"follows-0-layer": "Weekley"}))
    assert answer.status_code == 200
    assert "Weekly" in text(answer)
    assert ScheduleVersion.objects.count() == 1


def test_a_layer_is_taken_away(mia, address):
    data = filled(
        mia.get(address), **{"layers-0-DELETE": "on", "follows-0-DELETE": "on", "without_layers": "primary"}
    )
    assert mia.post(address, data).status_code == 302
    assert ScheduleVersion.objects.latest("effective_from").definition == {
        "roles": {"primary": {"layers": []}}
    }


def test_the_page_says_who_is_on_call_and_draws_two_weeks(mia, address):
    page = text(mia.get(address))
    assert "primary <strong>Ana Ruiz</strong>" in page
    assert "Ana Ruiz, Mon 02 Mar 10:00 to Mon 09 Mar 09:00" in page
    assert "Bo Lind, Mon 09 Mar 09:00 to Mon 16 Mar 09:00" in page


def test_the_list_says_who_is_on_call(mia, world):
    assert "primary: Ana Ruiz, secondary: Bo Lind" in text(mia.get("/admin/oncall/schedule/"))


def cover(person, start, end):
    return OVERRIDE | {"overrides-0-user": person.pk, "overrides-0-start": start, "overrides-0-end": end}


def test_an_override_is_added_beside_the_schedule(mia, world, address):
    wanted = cover(world.mia, "2026-03-03T18:00", "2026-03-03T22:00")
    assert mia.post(address, filled(mia.get(address), **wanted)).status_code == 302
    noon = world.now.replace(day=3, hour=20)
    assert on_call([world.schedule.pk], at=noon)[world.schedule.pk, "primary"] == (world.mia.pk,)
    assert Entry.objects.latest("pk").verb == "override.created"


def test_a_cover_that_overlaps_another_is_refused_by_name(mia, world, address):
    wanted = cover(world.mia, "2026-03-03T18:00", "2026-03-03T22:00")
    mia.post(address, filled(mia.get(address), **wanted))
    again = {name.replace("-0-", "-1-"): value for name, value in cover(world.bo, wanted["overrides-0-start"],
             wanted["overrides-0-end"]).items()} | {"overrides-TOTAL_FORMS": "2"}  # fmt: skip
    answer = mia.post(address, filled(mia.get(address), holidays="DE", **again))
    assert answer.status_code == 200
    assert "Mia Falk covers primary" in text(answer)
    assert Override.objects.count() == 1
    assert ScheduleVersion.objects.count() == 1  # what was to be saved with it is undone too


def test_an_override_that_has_not_begun_is_cancelled_and_one_that_has_is_ended(mia, world, address):
    spans = (("2026-03-02T10:00", "2026-03-02T20:00"), ("2026-03-04T10:00", "2026-03-04T20:00"))
    for start, end in spans:
        rows = Override.objects.count()
        shape = cover(world.mia, start, end)
        shape = {name.replace("-0-", f"-{rows}-"): value for name, value in shape.items()}
        mia.post(address, filled(mia.get(address), **shape | {"overrides-TOTAL_FORMS": str(rows + 1)}))
    running, coming = Override.objects.order_by("start")
    running.start -= timedelta(hours=1)
    running.save()
    mia.post(address, filled(mia.get(address), **{"overrides-0-stop": "on", "overrides-1-stop": "on"}))
    running.refresh_from_db()
    coming.refresh_from_db()
    assert (running.end, running.cancelled_at) == (world.now, None)
    assert coming.cancelled_at == world.now


def test_a_retired_schedule_has_nobody_and_cannot_be_edited(mia, world, address):
    mia.post(f"/admin/oncall/schedule/{world.schedule.pk}/act/retire/")
    world.schedule.refresh_from_db()
    assert world.schedule.retired_at == world.now
    later = final_shifts(world.schedule, since=world.now, until=world.now + timedelta(days=1), role="primary")
    assert [shift.user for shift in later] == [None]
    assert 'name="_save"' not in text(mia.get(address))


def test_time_off_is_added_and_taken_back(mia, world):
    add = "/admin/oncall/timeoff/add/"
    data = filled(mia.get(add), user=world.ana.pk, start="2026-07-06", end="2026-07-20", reason="holiday")
    assert mia.post(add, data).status_code == 302
    away = TimeOff.objects.get()
    mia.post(f"/admin/oncall/timeoff/{away.pk}/act/cancel/")
    away.refresh_from_db()
    assert away.cancelled_at == world.now


def test_time_off_of_other_teams_people_is_refused(zoe, world):
    add = "/admin/oncall/timeoff/add/"
    answer = zoe.post(add, filled(zoe.get(add), user=world.ana.pk, start="2026-07-06", end="2026-07-20"))
    assert "in none of your teams" in text(answer)
    assert not TimeOff.objects.exists()


def test_the_page_says_what_will_hurt_and_an_edit_what_it_causes(mia, world, address):
    page = text(mia.get(address))
    assert "Payments is carried by 2 people" in page
    data = filled(mia.get(address), **{"layers-0-participants": "ana, bo, nobody"})
    answer = mia.post(address, data, follow=True)
    said = [str(message) for message in answer.context["messages"] if message.level_tag == "warning"]
    assert any("nobody is on call from" in line for line in said)
    assert not any("carried by 2 people" in line for line in said)
    assert ScheduleVersion.objects.count() == 2


def test_a_new_schedule_says_what_is_wrong_with_it(mia, world):
    data = filled(mia.get(NEW), name="Desk", team=world.team.pk, **LAYER)
    said = [str(message) for message in mia.post(NEW, data, follow=True).context["messages"]]
    assert any("Desk primary: nobody is on call from" in line for line in said)
