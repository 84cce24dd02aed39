"""The schedules for engineers: who is on now, and a month of one as a drawing and as a list."""

import itertools
import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from oncall import actions as oncall
from oncall.core.definition import Definition
from oncall.core.final import Shift
from oncall.models import Schedule
from people.models import User
from tests.world import TESTS
from watchbill.web.month import DAY, LABELS, WEEK, Month, Seen

PAGE = "/schedules/Payments"


def text(answer):
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("name", ["A\nB", "\n/\n", "A\u2028B", "?#%"])
def test_no_name_of_a_schedule_takes_a_page_away(ana, world, name):
    Schedule.objects.filter(pk=world.schedule.pk).update(name=name)
    for page in (
        "/",
        "/schedules",
        reverse("schedule", args=[name]),
        reverse("schedule-quality", args=[name]),
    ):
        assert ana.get(page).status_code == 200
    tap = {"schedule": name, "role": "primary", "back": "schedule"}
    assert ana.post("/take-over", tap, follow=True).status_code == 200


def test_the_list_says_who_is_on_now_and_until_when(ana):
    page = text(ana.get("/schedules"))
    assert 'href="/schedules/Payments"' in page
    assert "<strong>Ana Ruiz</strong>" in page
    assert "Mon 9 Mar 09:00" in page


def test_a_month_says_every_shift_in_words_with_its_role_and_times(ana):
    page = text(ana.get(PAGE))
    assert "March 2026" in page
    assert "primary: Ana Ruiz, Mon 2 Mar 09:00 to Mon 9 Mar 09:00" in page  # the drawing
    listed = page[page.index("Shifts of March") :]
    assert "Mon 9 Mar 09:00" in listed
    assert "<strong>Bo Lind</strong>" in listed
    assert "(you)" in listed


def test_other_months_and_one_role(ana):
    page = text(ana.get(f"{PAGE}?month=2026-05&role=secondary"))
    assert "May 2026" in page
    assert "secondary: " in page
    assert "primary: " not in page
    assert "month=2026-04" in page
    assert "month=2026-06" in page


@pytest.mark.parametrize(
    "query", ["month=2026-13", "month=0000-01", "month=\x00", "month=next", "zone=Mars", "role=<script>"]
)
def test_nonsense_in_the_address_shows_this_month(ana, query):
    page = text(ana.get(f"{PAGE}?{query}"))
    assert "March 2026" in page
    assert "<script>" not in page


@pytest.mark.parametrize("month", ["1000-01", "2999-12"])
def test_months_far_away_have_nothing_wrong(ana, month):
    assert ana.get(f"{PAGE}?month={month}").status_code == 200


def test_times_are_mine_or_the_schedules(ana, world):
    world.ana.time_zone = "Asia/Tokyo"
    world.ana.save()
    assert "to Mon 9 Mar 18:00" in text(ana.get(PAGE))
    assert "to Mon 9 Mar 09:00" in text(ana.get(f"{PAGE}?zone=schedule"))


def test_overrides_are_striped_and_listed_with_their_reason(ana, world):
    oncall.add_override(
        schedule=world.schedule,
        role="primary",
        start=world.now + timedelta(hours=8),
        end=world.now + timedelta(hours=12),
        user=world.mia,
        reason="the <dentist>",
        by=TESTS,
        now=world.now,
    )
    page = text(ana.get(PAGE))
    assert 'fill="url(#stripes)"' in page
    assert "the &lt;dentist&gt;" in page


def test_gaps_are_red_and_called_nobody_but_the_time_before_the_schedule_is_none(ana, world):
    office_hours = {"days": ["mon"], "start": "09:00", "end": "17:00"}
    layer = {"name": "Weekly", "participants": [world.bo.pk], "start": "2026-01-05T09:00"}
    oncall.create_schedule(
        name="Empty",
        team=None,
        time_zone="UTC",
        holidays="",
        definition=Definition.from_json(
            {"roles": {"primary": {"layers": [layer | {"restrictions": [office_hours]}]}}}
        ),
        by=TESTS,
        now=world.now,
    )
    assert 'fill="url(#gap)"' in text(ana.get("/schedules/Empty"))
    assert "Nothing in this month" in text(ana.get("/schedules/Empty?month=2025-11"))


def test_a_retired_schedule_says_so_and_draws_no_gap_after_it(ana, world):
    oncall.retire_schedule(schedule=world.schedule, by=TESTS, now=world.now)
    page = text(ana.get(PAGE))
    assert "Retired since" in page
    assert 'fill="url(#gap)"' not in page
    assert "Payments" not in text(ana.get("/schedules"))


def test_there_is_no_script_and_no_style_in_the_page(ana):
    answer = ana.get(PAGE)
    assert "style-src 'self'" in answer.headers["Content-Security-Policy"]
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", text(answer))


@pytest.mark.parametrize("name", ["Nowhere", "a/b/c", "%00", "x" * 3000])
def test_a_schedule_that_is_not_there(ana, name):
    assert ana.get(f"/schedules/{name}").status_code == 404


def test_names_with_slashes_and_umlauts_have_their_page(ana, world):
    world.rotation("Büro/Nord & Süd", [[world.bo.pk]])
    page = text(ana.get("/schedules"))
    address = re.search(r'href="(/schedules/B[^"]+)"', page)[1].replace("&amp;", "&")
    assert "Büro/Nord &amp; Süd" in text(ana.get(address))


def test_the_address_in_calendars_leads_to_the_page(ana):
    assert ana.get("/?schedule=Payments").headers["Location"] == PAGE
    assert ana.get("/?schedule=Nowhere").status_code == 200


def test_who_has_not_logged_in_is_asked_to(client, world):
    assert client.get(PAGE).status_code == client.get("/schedules").status_code == 302


def test_only_those_who_may_change_it_are_led_to_the_admin(ana, world, client):
    assert "/admin/oncall/schedule/" not in text(ana.get(PAGE))
    world.mia.refresh_from_db()
    client.force_login(world.mia, backend="django.contrib.auth.backends.ModelBackend")
    assert f"/admin/oncall/schedule/{world.schedule.pk}/change/" in text(client.get(PAGE))


def turns_of(world, name, length, participants):
    layer = {
        "name": "Turns",
        "participants": participants,
        "start": "2026-01-05T09:00",
        "shift_length": length,
    }
    return oncall.create_schedule(
        name=name,
        team=None,
        time_zone="UTC",
        holidays="",
        definition=Definition.from_json({"roles": {"primary": {"layers": [layer]}}}),
        by=TESTS,
        now=world.now,
    )


def test_a_shift_that_runs_past_the_drawn_weeks_is_told_whole(ana, world):
    turns_of(world, "Long", "3 weeks", [world.ana.pk, world.bo.pk])
    page = text(ana.get("/schedules/Long"))
    for start, end in [("16 Feb", "9 Mar"), ("9 Mar", "30 Mar"), ("30 Mar", "20 Apr")]:
        assert f"Mon {start} 09:00 to Mon {end} 09:00" in page  # the drawing
        assert re.search(rf"Mon {start} 09:00</time></strong> to <time [^>]+>Mon {end} 09:00<", page)
    assert " 00:00" not in page  # the edge of the drawn weeks


def test_a_shift_without_an_end_in_sight_is_given_none(ana, world):
    turns_of(world, "Alone", "1w", [world.bo.pk])
    page = text(ana.get("/schedules/Alone?month=2026-09"))
    assert "<strong>Since long before</strong> with no end in sight" in page
    assert "primary: Bo Lind, since long before, with no end in sight" in page
    assert not re.search(r"\d\d:\d\d", page[page.index('id="month"') : page.index("Overrides of")])


def test_what_is_now_and_ahead_stands_before_what_is_past(ana, world):
    page = text(ana.get(f"{PAGE}?month=2026-03&role=primary"))
    listed = page[page.index("Shifts of March") : page.index("Overrides of")]
    assert listed.index("Mon 2 Mar 09:00") < listed.index("Mon 30 Mar 09:00") < listed.index("<details")
    assert "Past (1)" in listed
    assert "Mon 23 Feb 09:00" in listed[listed.index("<details") :]
    assert '<details class="past" open>' in text(ana.get(f"{PAGE}?month=2026-01&role=primary"))


def test_more_shifts_than_a_page_bears_are_those_of_one_role(ana, world, monkeypatch):
    monkeypatch.setattr("watchbill.web.schedules.MOST_SHIFTS", 3)
    page = text(ana.get(PAGE))
    assert "are too many for one page: these are those of primary." in page
    assert ">secondary: " not in page
    assert "are too many" not in text(ana.get(f"{PAGE}?role=secondary"))


def test_as_many_queries_for_many_shifts_as_for_few(ana, world):
    hourly = {"name": "Hourly", "participants": [[world.ana.pk], [world.bo.pk]], "start": "2026-01-05T09:00"}
    roles = {f"role{n}": {"layers": [hourly | {"shift_length": "4h"}]} for n in range(5)}
    oncall.create_schedule(
        name="Busy",
        team=world.team,
        time_zone="UTC",
        holidays="",
        definition=Definition.from_json({"roles": roles}),
        by=TESTS,
        now=world.now,
    )
    counts = []
    for address in (PAGE, "/schedules/Busy"):
        with CaptureQueriesContext(connection) as queries:
            ana.get(address)
        counts.append(len(queries))
    assert counts[1] == counts[0] <= 17


ZONES = [
    "UTC",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/St_Johns",
    "Africa/Casablanca",
]


@given(
    st.dates(date(2011, 1, 1), date(2037, 12, 31)),
    st.sampled_from(ZONES),
    st.lists(st.integers(-20 * 24, 60 * 24), min_size=2, max_size=8, unique=True),
)
def test_every_week_is_drawn_full_and_each_bar_where_it_belongs(day, zone, hours):
    month = Month(day.replace(day=1), ZoneInfo(zone))
    assert month.since <= month.begins < month.ends <= month.until
    middle = datetime(day.year, day.month, 1, tzinfo=UTC)
    inner = sorted(
        at for at in (middle + timedelta(hours=h) for h in hours) if month.since < at < month.until
    )
    edges = [month.since, *inner, month.until]
    spans = itertools.pairwise(edges)
    shifts = [Shift("primary", n % 3 or None, start, end) for n, (start, end) in enumerate(spans)]
    reader = User(pk=1)
    seen = Seen(
        people={1: reader, 2: User(pk=2)},
        reader=reader,
        now=middle,
        since=month.since,
        until=month.until,
    )
    weeks = month.weeks(shifts, seen)
    assert {len(week.days) for week in weeks} == {7}
    assert any(one.date.day == 1 and not one.outside for week in weeks for one in week.days)
    for week in weeks:
        bars = sorted(week.bars, key=lambda bar: bar.x)
        assert bars[0].x == LABELS
        assert bars[-1].x + bars[-1].width <= LABELS + WEEK
        for one, other in itertools.pairwise(bars):
            assert one.x < other.x
        for bar in bars:
            local = max(bar.shift.start, month.since).astimezone(ZoneInfo(zone))
            if bar.shift.start >= month.since and bar.x > LABELS:
                assert int((bar.x - LABELS) / DAY + 0.001) == local.weekday()
