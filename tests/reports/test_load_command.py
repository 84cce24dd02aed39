"""manage.py load: the report on a terminal, as files, and sent."""

import csv
import io
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from escalation.models import Service
from oncall.models import Schedule
from people import actions as people
from people.ledger.models import Entry
from tests.reports.made import DAY, HOUR, NEXT, Team
from tests.world import TESTS
from watchbill.reports.models import Delivery, StoredReport

SAID = (
    "schedule", "role", "user", "start", "end", "pages", "interruptions", "incidents", "sleep_interruptions",
    "verdict", "reasons",
)  # fmt: skip


@pytest.fixture
def world(db, monkeypatch):
    world = Team()
    world.now = NEXT + 2 * HOUR
    monkeypatch.setattr("people.clock.now", lambda: world.now)
    return world


def load(*options):
    out, err = StringIO(), StringIO()
    call_command("load", *options, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def as_json(*options):
    return json.loads(load("--format", "json", *options)[0])


def refused(*options):
    with pytest.raises(CommandError) as refusal:
        load(*options)
    return str(refusal.value)


def test_without_a_range_the_week_up_to_now_with_whole_shifts(world):
    said = as_json()
    assert set(SAID) <= set(said["shifts"][0])
    rows = [(row["role"], row["user"], row["start"], row["end"], row["pages"]) for row in said["shifts"]]
    assert rows[:2] == [
        ("primary", "ana", "2026-03-02T09:00:00Z", "2026-03-09T09:00:00Z", 2),
        ("secondary", "bo", "2026-03-02T09:00:00Z", "2026-03-09T09:00:00Z", 0),
    ]
    assert {row["user"] for row in said["people"]} >= {"ana", "bo"}
    assert [row["pages"] for row in said["keys"]] == [1, 1]
    assert said["teams"][0]["totals"]["pages"] == 2
    assert said["shifts"][said["pages"][0]["shift"]]["user"] == "ana"


def test_with_a_range_cut_at_its_edges_by_the_teams_clock(world):
    people.change_team(team=world.team, time_zone="Europe/Berlin", by=TESTS, now=world.now)
    (ana, bo) = as_json("--since", "2026-03-03", "--until", "2026-03-04", "--team", "Payments")["shifts"]
    assert (ana["start"], ana["end"], ana["pages"]) == ("2026-03-02T23:00:00Z", "2026-03-03T23:00:00Z", 2)
    assert ana["begun_before"]
    assert bo["goes_on"]


def test_a_range_ends_now_where_nothing_else_is_said(world):
    assert as_json("--since", "2026-03-03")["teams"][0]["until"] == "2026-03-09T11:00:00Z"


def test_one_schedule_with_the_totals_of_the_team(world):
    world.rotation("Night", [[world.bo.pk]])
    said = as_json("--schedule", "Night")
    assert {row["schedule"] for row in said["shifts"]} == {"Night"}
    assert said["teams"][0]["totals"]["pages"] == 2


def test_one_team(world):
    other = people.create_team(name="Anvil", by=TESTS, now=world.now)
    world.rotation("Anvil", [[world.bo.pk]])
    Schedule.objects.filter(name="Anvil").update(team=other)
    assert [one["team"] for one in as_json()["teams"]] == ["Anvil", "Payments"]
    assert [one["team"] for one in as_json("--team", "Anvil")["teams"]] == ["Anvil"]
    assert "is a schedule of “Payments”" in refused("--team", "Anvil", "--schedule", "Payments")


def test_as_text_csv_and_html(world):
    text, _ = load()
    assert "Payments" in text
    assert "2 pages about 2 incidents, 2 interruptions, 2 of them in sleep hours" in text
    rows = list(csv.DictReader(io.StringIO(load("--format", "csv")[0])))
    assert [(row["user"], row["pages"]) for row in rows[:2]] == [("ana", "2"), ("bo", "0")]
    assert "Payments" in load("--format", "html")[0]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--since", "2026-03-03", "--until", "2026-03-03"], "must come after the start"),
        (["--since", "2016-03-03", "--until", "2026-03-03"], "a year at most"),
        (["--since", "2026-04-01", "--until", "2026-04-02"], "is still to come"),
        (["--since", "2026-04-01"], "is still to come"),
        (["--since", "yesterday"], "“yesterday” is not a time"),
        (["--until", "2026-03-03"], "Say where it begins, too: --since."),
        (["--schedule", "Paymints"], "did you mean “Payments”?"),
        (["--team", "Paymints"], "did you mean “Payments”?"),
    ],
)
def test_what_cannot_be_counted_is_said(world, options, sentence):
    assert sentence in refused(*options)


def test_schedules_of_no_team_are_counted_like_others_and_sent_to_nobody(world):
    before = as_json("--team", "Payments")
    Schedule.objects.update(team=None)
    Service.objects.update(team=None)
    for options in ((), ("--schedule", "Payments")):
        said = as_json(*options)
        assert [one["pages"] for one in said["shifts"]] == [one["pages"] for one in before["shifts"]]
        assert [one["key"] for one in said["keys"]] == [one["key"] for one in before["keys"]]
    text, error = load("--send")
    assert text.startswith("Schedules of no team, ")
    assert "sent to nobody" in error
    assert not StoredReport.objects.exists()


def test_without_any_schedule_there_is_nothing_to_say(world):
    Schedule.objects.update(team=None, retired_at=NEXT - DAY)
    assert load()[0] == "There is no team with a schedule.\n"


def test_send_keeps_it_mails_it_and_says_what_became_of_it(world, mailbox):
    mailbox.refuse_next("451 4.3.0 later")
    _, first = load("--send")
    assert "Payments, mia: not sent, tried again at 2026-03-09 11:05 UTC." in first
    assert "451 4.3.0 later" in first
    _, second = load("--send", "--since", "2026-03-03", "--until", "2026-03-04")
    mail = mailbox.expect_mail(to="mia@example.com")
    assert "Payments, mia: Sent." in second
    stored = list(StoredReport.objects.filter(kind="asked").order_by("pk"))
    assert [one.until - one.since for one in stored] == [7 * DAY, DAY]
    assert f"/load/reports/{stored[1].uid}/" in second
    assert f"/load/reports/{stored[1].uid}/" in mail.body()
    assert Entry.objects.filter(verb="load_report.sent").count() == 2
    assert Delivery.objects.filter(report__kind="asked").count() == 2


def test_send_where_no_mail_is_set_up_or_there_is_nobody(world):
    assert "Payments, mia: kept: no mail is set up." in load("--send")[1]
    people.deactivate_user(user=world.mia, by=TESTS, now=world.now)
    assert "Payments: sent to nobody" in load("--send")[1]
