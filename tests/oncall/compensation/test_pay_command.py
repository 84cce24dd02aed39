"""manage.py pay: what people are owed, from the rows to what a program reads."""

import csv
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import CommandError, call_command

from escalation.actions import respond
from oncall import actions
from oncall.compensation.actions import statements
from oncall.compensation.exports.files import FORMS
from oncall.compensation.exports.sheet import sheets
from oncall.compensation.models import Statement
from oncall.core.definition import Definition
from people import actions as people
from people.ledger.record import Actor
from tests.oncall.compensation.test_reckoning import BEFORE, BY, BY_THE_WEEK, hourly, person, plan
from tests.world import World

pytestmark = pytest.mark.django_db
NEW_YORK = "America/New_York"
OUT_OF_HOURS = {
    "standby": [
        {
            "band": "out_of_hours",
            "except": {"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "17:00"},
            "amount": "10",
            "per": "hour",
        }
    ]
}
KEYS = [
    "user", "plan", "kind", "band", "schedule", "role", "start", "end", "hours", "amount", "currency",
]  # fmt: skip


@pytest.fixture(autouse=True)
def long_after():
    with time_machine.travel(datetime(2026, 12, 1, tzinfo=UTC), tick=False):
        yield


def weekly(*users, zone=NEW_YORK, start="2025-01-06T10:00", team=None, **more):
    layer = {"name": "Weekly", "participants": [[one.pk] for one in users], "start": start} | more
    return actions.create_schedule(
        name="Checkout", team=team, time_zone=zone, holidays="", by=BY, now=BEFORE,
        definition=Definition.from_json({"roles": {"primary": {"layers": [layer]}}}),
    )  # fmt: skip


def command(*words):
    out, err = StringIO(), StringIO()
    call_command("pay", *words, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def pay(since, until, *words):
    """The JSON."""
    return json.loads(command("--since", since, "--until", until, "--format", "json", *words)[0])


def owed(since, until, *words):
    return {row["user"]: row["amount"] for row in pay(since, until, *words)["totals"]}


def cover(pager, user, start, end):
    local = ZoneInfo(NEW_YORK)
    return actions.add_override(
        schedule=pager, role="primary", kind="cover", user=user, by=BY, now=BEFORE,
        start=datetime(*start, tzinfo=local), end=datetime(*end, tzinfo=local),
    )  # fmt: skip


def test_a_week_from_monday_ten_to_monday_ten_alone_is_700():
    ana, bo = person("ana"), person("bo")
    weekly(bo, ana, start="2025-05-26T10:00")
    plan("Engineering US", "USD", BY_THE_WEEK, ana)
    found = pay("2025-06-01", "2025-06-11")
    assert found["totals"] == [{"user": "ana", "currency": "USD", "amount": "700.00", "lieu_minutes": 0}]
    first = found["lines"][0]
    assert list(first)[: len(KEYS)] == KEYS
    assert {key: first[key] for key in KEYS} == {
        "user": "ana",
        "plan": "Engineering US",
        "kind": "standby",
        "band": "weekday",
        "schedule": "Checkout",
        "role": "primary",
        "start": "2025-06-02T14:00:00Z",
        "end": "2025-06-09T14:00:00Z",
        "hours": "120.00",
        "amount": "200.00",
        "currency": "USD",
    }
    assert [row["start"] for row in found["lines"]] == sorted(row["start"] for row in found["lines"])


def test_somebody_else_from_saturday_noon_to_sunday_noon_is_450_and_250():
    ana, bo = person("ana"), person("bo")
    pager = weekly(ana)
    plan("Engineering US", "USD", BY_THE_WEEK, ana, bo)
    made = cover(pager, bo, (2025, 6, 7, 12), (2025, 6, 8, 12))
    found = pay("2025-06-02", "2025-06-09")
    assert owed("2025-06-02", "2025-06-09") == {"ana": "450.00", "bo": "250.00"}
    assert [row["override"] for row in found["lines"] if row["user"] == "bo"] == [f"cover #{made.pk}"]


def test_the_weekend_of_47_hours_pays_500_and_its_days_their_shares():
    ana, bo = person("ana"), person("bo")
    weekly(ana, bo, start="2025-03-01T00:00", shift_length="1d")
    plan("Engineering US", "USD", BY_THE_WEEK, ana, bo)
    days = owed("2025-03-08", "2025-03-09"), owed("2025-03-09", "2025-03-10")
    assert days == ({"bo": "255.32"}, {"ana": "244.68"})
    assert owed("2025-03-08", "2025-03-10") == {"ana": "244.68", "bo": "255.32"}


def test_the_weekend_of_47_hours_carried_by_one_pays_500():
    ana = person("ana")
    weekly(ana)
    plan("Engineering US", "USD", BY_THE_WEEK, ana)
    assert owed("2025-03-08", "2025-03-10") == {"ana": "500.00"}


@pytest.mark.parametrize(
    ("since", "until", "hours", "amount"),
    [("2025-06-02", "2025-06-09", "128.00", "1280.00"), ("2025-03-24", "2025-03-31", "127.00", "1270.00")],
)
def test_ten_pounds_an_hour_outside_working_hours_for_one_week(since, until, hours, amount):
    ana = person("ana", "Europe/London")
    weekly(ana, zone="Europe/London", start="2025-01-06T00:00")
    plan("Engineering UK", "GBP", OUT_OF_HOURS, ana)
    found = pay(since, until)
    assert [row["amount"] for row in found["totals"]] == [amount]
    assert [row["hours"] for row in found["lines"]] == [hours]


@pytest.mark.parametrize(
    ("lieu", "minutes", "expires"),
    [
        ({"rate": "1"}, 90, None),
        ({"woken": "0.5", "further_hour": "0.25", "awake": "0.25", "day": 7 * 3600}, 315, None),  # 0.75 day
        ({"rate": "1", "expires": 14 * 86400}, 90, "2026-02-18T03:40:00Z"),
    ],
)
def test_woken_twice_in_a_night_is_one_call_out_of_90_minutes(lieu, minutes, expires):
    night = datetime(2026, 2, 4, 2, 10, tzinfo=UTC)
    world = World(now=night - timedelta(days=30), kinds=("sms",))
    terms = {"standby": [], "call_outs": {"merge": 3600, "minimum": 3600, "round_up_to": 900,
             "outside": {"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "17:00"},
             "pay": {"amount": "30", "per": "hour"}, "time_in_lieu": lieu}}  # fmt: skip
    plan("Woken", "EUR", terms, world.ana, world.bo)
    for key, at, length in (("disk", night, 20), ("net", night + timedelta(minutes=40), 50)):
        world.now = at
        incident = world.alert(key)
        world.tick()
        world.now = at + timedelta(minutes=2)
        paged = world.sent()[-1][1]
        world.acknowledge(incident, getattr(world, paged))
        world.now = at + timedelta(minutes=length)
        by = Actor.person(getattr(world, paged), via="link")
        respond.resolve(incident_id=incident.pk, by=by, now=world.now)
    found = pay("2026-02-04", "2026-02-05")
    (line,) = found["lines"]
    assert (line["kind"], line["band"], line["hours"], line["amount"]) == (
        "call_out",
        "night",
        "1.50",
        "45.00",
    )
    assert (line["start"], line["end"]) == ("2026-02-04T02:10:00Z", "2026-02-04T03:40:00Z")
    assert len(line["pages"]) == 2
    assert [row["lieu_minutes"] for row in found["totals"]] == [minutes]
    assert line["lieu_expires"] == expires


def test_it_says_the_same_of_every_line_as_the_statement_and_its_files():
    """A night of call-outs with time off that expires: printed, drafted and exported, from the same rows."""
    night = datetime(2026, 2, 4, 2, 10, tzinfo=UTC)
    world = World(now=night - timedelta(days=30), kinds=("sms",))
    terms = hourly("0.333") | {"call_outs": {"merge": 3600, "minimum": 3600, "round_up_to": 900,
             "outside": {"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "17:00"},
             "pay": {"amount": "30", "per": "hour"},
             "time_in_lieu": {"rate": "1", "expires": 14 * 86400}}}  # fmt: skip
    plan("Woken", "EUR", terms, world.ana, world.bo)
    world.now = night
    incident = world.alert("disk")
    world.tick()
    paged = getattr(world, world.sent()[-1][1])
    world.now = night + timedelta(minutes=25, seconds=1)
    world.acknowledge(incident, paged)
    respond.resolve(incident_id=incident.pk, by=Actor.person(paged, via="link"), now=world.now)
    statements.refresh(user_ids=[paged.pk], month=date(2026, 2, 1), now=datetime(2026, 12, 1, tzinfo=UTC))
    (kept,) = sheets(Statement.objects.filter(user=paged))
    span = ("2026-02-01", "2026-03-01", "--user", paged.username)
    (said,) = json.loads(FORMS["json"].write([kept], world.now))["statements"]
    printed = pay(*span)
    (out,) = (line for line in printed["lines"] if line["kind"] == "call_out")
    assert out["lieu_expires"] == "2026-02-18T02:35:01Z"
    in_order = sorted(said["lines"], key=lambda line: line["start"])
    assert (printed["lines"], printed["totals"]) == (in_order, said["totals"])
    table, _ = command("--since", span[0], "--until", span[1], "--format", "csv", "--user", paged.username)
    rows = [sorted(text.splitlines()) for text in (table, FORMS["csv"].write([kept], world.now).decode())]
    assert rows[0] == rows[1]


def test_who_moves_team_and_zone_in_the_month_of_a_clock_change_has_every_hour_paid_once():
    """November 2025 from New York's first midnight to Berlin's last: by Shop until the 12th, by Search from
    then on, from the 15th by its next version, and no more than 1,000 of it.
    """
    ana, moves = person("ana"), datetime(2025, 11, 12, 12, tzinfo=UTC)
    weekly(ana)
    teams = [people.create_team(name=name, by=BY, now=BEFORE) for name in ("Shop", "Search")]
    people.set_members(team=teams[0], members={ana: "responder"}, by=BY, now=BEFORE)
    plan("Shop", "USD", hourly("1"), teams[0])
    cap = {"cap": {"amount": "1000", "per": "month", "warn": False}}
    plan("Search", "EUR", hourly("2") | cap, teams[1])
    plan("Search", "EUR", hourly("3") | cap, teams[1], effective_from=date(2025, 11, 15))
    people.change_user(user=ana, time_zone="Europe/Berlin", by=BY, now=moves)
    people.set_members(team=teams[0], members={}, by=BY, now=moves)
    people.set_members(team=teams[1], members={ana: "responder"}, by=BY, now=moves)
    found = pay("2025-11-01", "2025-12-01")
    assert [(row["currency"], row["amount"]) for row in found["totals"]] == [
        ("EUR", "1000.00"),
        ("USD", "272.00"),
    ]
    for currency in ("EUR", "USD"):
        mine = [Decimal(line["amount"]) for line in found["lines"] if line["currency"] == currency]
        assert sum(mine) == {"EUR": 1000, "USD": 272}[currency]
    hours = sum(Decimal(line["hours"]) for line in found["lines"])
    assert (
        hours == 272 + 59 + 384
    )  # 2025-11-01 04:00Z, 2025-11-12 12:00Z, 2025-11-14 23:00Z, 2025-11-30 23:00Z
    ends = [pay(*month)["lines"] for month in (("2025-10-01", "2025-11-01"), ("2025-12-01", "2026-01-01"))]
    assert (ends[0][-1]["end"], found["lines"][0]["start"]) == ("2025-11-01T04:00:00Z",) * 2
    assert (found["lines"][-1]["end"], ends[1][0]["start"]) == ("2025-11-30T23:00:00Z",) * 2


def test_time_that_no_plan_pays_is_warned_about_and_its_person_left_out():
    ana, bo = person("ana"), person("bo")
    weekly(bo, ana, start="2025-05-26T10:00")
    plan("Engineering US", "USD", BY_THE_WEEK, ana)
    out, err = command("--since", "2025-06-01", "--until", "2025-06-03")
    said = "bo carried 34.00 h that no pay plan pays."
    assert said in err
    assert f"Note: {said}" in out
    assert out.count("times in") == 1, "of Ana alone"
    assert "bo" not in owed("2025-06-01", "2025-06-03")


def test_a_cap_that_was_passed_is_warned_about():
    ana = person("ana", "Europe/London")
    weekly(ana, zone="UTC")
    plan("Capped", "GBP", {**hourly("1"), "cap": {"amount": "20", "per": "month", "warn": True}}, ana)
    out, err = command("--since", "2025-06-02", "--until", "2025-06-03")
    assert "Warning: ana: 2025-06: " in err
    assert "over the cap" in out


def test_midnight_is_each_persons_own():
    ana, kei = person("ana", NEW_YORK), person("kei", "Asia/Tokyo")
    for one in (ana, kei):
        layer = {"name": "Always", "participants": [[one.pk]], "start": "2025-01-06T10:00"}
        actions.create_schedule(
            name=f"Of {one}", team=None, time_zone="UTC", holidays="", by=BY, now=BEFORE,
            definition=Definition.from_json({"roles": {"primary": {"layers": [layer]}}}),
        )  # fmt: skip
    plan("Hours", "USD", hourly("1"), ana, kei)
    found = pay("2025-06-03", "2025-06-04")
    assert [(row["user"], row["start"], row["end"]) for row in found["lines"]] == [
        ("ana", "2025-06-03T04:00:00Z", "2025-06-04T04:00:00Z"),
        ("kei", "2025-06-02T15:00:00Z", "2025-06-03T15:00:00Z"),
    ]


def test_a_team_is_those_in_it_and_those_who_were_then():
    ana, bo, cy = person("ana"), person("bo"), person("cy")
    team = people.create_team(name="Shop", by=BY, now=BEFORE)
    people.set_members(team=team, members={ana: "responder", bo: "manager"}, by=BY, now=BEFORE)
    weekly(ana, cy, shift_length="12h", start="2025-01-06T00:00")
    plan("Hours", "USD", hourly("1"), ana, bo, cy)
    week = ("2025-06-02", "2025-06-03")
    assert set(owed(*week)) == {"ana", "cy"}
    assert set(owed(*week, "--team", "Shop")) == {"ana"}
    people.set_members(team=team, members={bo: "manager"}, by=BY, now=datetime(2025, 6, 2, 12, tzinfo=UTC))
    assert set(owed(*week, "--team", "Shop")) == {"ana"}
    assert set(owed("2025-06-09", "2025-06-10", "--team", "Shop")) == set()
    assert set(owed(*week, "--user", "cy")) == {"cy"}


def test_the_currency_says_how_many_decimals():
    kei = person("kei", "Asia/Tokyo")
    weekly(kei, zone="Asia/Tokyo")
    plan("Tokyo", "JPY", hourly("100"), kei)
    assert owed("2025-06-03", "2025-06-04") == {"kei": "2400"}


def test_csv_has_the_lines_and_no_cell_that_a_spreadsheet_reckons_out():
    ana = person("ana")
    ana.username = "=cmd|' /C calc'!A0"
    ana.save()
    weekly(ana)
    plan("@plan", "USD", BY_THE_WEEK, ana)
    out, _ = command("--since", "2025-06-07", "--until", "2025-06-09", "--format", "csv")
    (row,) = csv.DictReader(out.splitlines())
    assert row["user"] == "'=cmd|' /C calc'!A0"
    assert row["plan"] == "'@plan"
    assert (row["hours"], row["amount"], row["currency"]) == ("48.00", "500.00", "USD")


def test_the_table_says_what_for_how_long_at_what_rate_and_the_total():
    ana = person("ana")
    weekly(ana)
    plan("Engineering US", "USD", BY_THE_WEEK, ana)
    out, err = command("--since", "2025-06-02", "--until", "2025-06-09")
    for words in (
        "times in America/New_York",
        "Standby, weekend",
        "48.00",
        "500 per weekend, shared by time",
    ):
        assert words in out
    assert "700.00" in out.splitlines()[-2]
    assert err == ""


def test_nobody_is_owed_anything():
    assert command("--since", "2025-06-02", "--until", "2025-06-03") == ("Nobody is owed anything.\n", "")
    assert pay("2025-06-02", "2025-06-03") == {"lines": [], "totals": []}


@pytest.mark.parametrize(
    ("since", "until", "words", "said"),
    [
        ("monday", "2025-06-03", (), "--since: “monday” is not a date; write it like 2025-06-01."),
        ("2025-06-01", "2025-02-30", (), "--until: “2025-02-30” is not a date; write it like 2025-06-01."),
        ("2025-06-01", "2025-06-02T10:00", (), "--until: “2025-06-02T10:00” is not a date;"),
        ("2025-06-01\0", "2025-06-02", (), "--since: “2025-06-01?” is not a date;"),
        ("", "2025-06-02", (), "--since: “” is not a date;"),
        ("2025-06-02", "2025-06-02", (), "The end, 2025-06-02, must come after the start, 2025-06-02"),
        ("2025-06-03", "2025-06-02", (), "The end, 2025-06-02, must come after the start, 2025-06-03"),
        ("2015-01-01", "2025-06-02", (), "More than ten years lie between the start and the end;"),
        ("0001-01-01", "0001-02-01", (), "--since: “0001-01-01” lies outside the years 1902 to 8998."),
        ("9998-12-31", "9999-12-31", (), "--since: “9998-12-31” lies outside the years"),
        ("2025-06-01", "2025-06-02", ("--team", "Shpo"), "There is no team “Shpo”; did you mean “Shop”?"),
        ("2025-06-01", "2025-06-02", ("--user", "an"), "There is no person “an”; did you mean “ana”?"),
        ("2025-06-01", "2025-06-02", ("--team", "Shop", "--user", "ana"), "“ana” is not in “Shop”"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(since, until, words, said):
    person("ana")
    people.create_team(name="Shop", by=BY, now=BEFORE)
    with pytest.raises(CommandError) as refused:
        command("--since", since, "--until", until, *words)
    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)
