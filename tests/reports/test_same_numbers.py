"""The same week says the same numbers wherever it is read: they come from one function."""

import csv
import io
import json
import re
from io import StringIO

import pytest
from django.core.management import call_command
from prometheus_client.parser import text_string_to_metric_families

from people import actions as people
from tests.reports.made import NEXT, Team
from tests.reports.sample import report as sample
from tests.world import TESTS
from watchbill.reports.selectors import body_of, newest_weeks
from watchbill.reports.writing.as_csv import keys_csv, people_csv, shifts_csv
from watchbill.reports.writing.as_json import as_json
from watchbill.reports.writing.as_text import as_text
from watchbill.reports.writing.mail import mail_of

COUNTED = ("pages", "interruptions", "incidents", "sleep_interruptions")


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_a_csv_line_for_each_shift_alert_and_person_with_the_reports_numbers():
    report = sample()
    for line, row in zip(rows(shifts_csv([report])), report.shifts, strict=True):
        assert [int(line[name]) for name in COUNTED] == [getattr(row, name) for name in COUNTED]
        assert (line["verdict"], line["sentence"], line["cost"]) == (row.verdict, row.sentence, "120.50 EUR")
    for line, key in zip(rows(keys_csv([report])), report.keys, strict=True):
        assert (int(line["pages"]), int(line["wakes"]), float(line["share"])) == (
            key.pages,
            key.wakes,
            key.share,
        )
    loads = [(row, load) for row in report.people for load in row.loads]
    for line, (row, load) in zip(rows(people_csv([report])), loads, strict=True):
        assert (line["user"], float(line["fair"]), line["colour"]) == (row.user, load.fair, load.colour)


def test_a_cell_is_no_formula():
    report = sample()
    hostile = report.keys[0].model_copy(update={"key": "=HYPERLINK(1)", "title": "@x", "service": "-1+1"})
    (line,) = rows(keys_csv([report.model_copy(update={"keys": [hostile]})]))
    assert (line["key"], line["title"], line["service"]) == ("'=HYPERLINK(1)", "'@x", "'-1+1")


def test_of_several_teams_a_page_names_its_shift_among_all():
    said = as_json([sample(), sample(team="Anvil")])
    for page in said["pages"]:
        if page["shift"] is not None:
            shift = said["shifts"][page["shift"]]
            assert (page["user"], page["team"]) == (shift["user"], shift["team"])


def test_text_has_the_verdicts_worst_first_and_no_markup():
    report = sample(team="[red]Shop[/red]")
    text = as_text(report, width=300)
    assert "[red]Shop[/red]" in text
    places = [text.index(row.sentence) for row in report.shifts[:2]]
    assert places == sorted(places)


@pytest.mark.django_db
def test_json_csv_text_api_and_metrics_say_the_same(client, monkeypatch):
    world = Team().at(NEXT)
    monkeypatch.setattr("people.clock.now", lambda: world.now)
    (stored,) = world.kept()
    report = body_of(stored)
    token = people.create_token(user=world.mia, by=TESTS, now=world.now)
    bearer = {"authorization": f"Bearer {token}"}
    kept = client.get(f"/api/v1/load/reports/{stored.uid}", headers=bearer).json()
    (listed,) = client.get("/api/v1/load", headers=bearer).json()
    live = client.get(
        "/api/v1/load/Payments",
        {"since": stored.since.isoformat(), "until": stored.until.isoformat()},
        headers=bearer,
    ).json()
    out = StringIO()
    call_command("load", "--since", "2026-03-02", "--until", "2026-03-09", "--format", "json", stdout=out)
    totals = report.totals.model_dump(mode="json")
    assert kept == as_json([report])
    for said in (kept, live, json.loads(out.getvalue())):
        assert said["teams"][0]["totals"]["pages"] == totals["pages"] == 2
        assert [row["pages"] for row in said["keys"]] == [row.pages for row in report.keys]
    assert sum(int(line["pages"]) for line in rows(shifts_csv([report]))) == totals["pages"]
    assert f"{totals['pages']} pages about {totals['incidents']} incidents" in as_text(report)
    assert (listed["pages"], listed["sleep_interruptions"]) == (
        totals["pages"],
        totals["sleep_interruptions"],
    )
    assert metrics(client) == {
        ("watchbill_load_pages", "Payments"): totals["pages"],
        ("watchbill_load_sleep_interruptions", "Payments"): totals["sleep_interruptions"],
        **{("watchbill_load_shifts", "Payments", name): totals[name] for name in ("red", "amber", "green")},
        ("watchbill_load_shifts_over_budget_ratio", "Payments"): report.trend.share_over,
        ("watchbill_load_report_until_timestamp_seconds", "Payments"): stored.until.timestamp(),
    }


@pytest.mark.django_db
def test_mail_and_page_say_the_same(client):
    world = Team().at(NEXT)
    (stored,) = world.kept()
    report = body_of(stored)
    mail = mail_of(report, reader=world.mia, address="http://127.0.0.1:8000/x")
    client.force_login(world.mia, backend="django.contrib.auth.backends.ModelBackend")
    page = " ".join(
        re.sub(r"<[^>]*>", " ", client.get(f"/load/reports/{stored.uid}").content.decode()).split()
    )
    wakes = report.totals.sleep_interruptions
    assert f"{report.totals.pages} pages, {wakes} interruptions by night" in mail.text
    assert (
        f"Pages {report.totals.pages} Interruptions {report.totals.interruptions} Wakes, 22 to 8 {wakes}"
        in page
    )
    for row in report.shifts:
        for sentence in row.reasons:
            assert sentence in " ".join(mail.text.split())
            assert sentence in page
    for key in report.keys:
        assert key.key in mail.text
        assert key.key in page


@pytest.mark.django_db
def test_metrics_name_no_person_and_cost_one_query(client, django_assert_num_queries):
    Team().at(NEXT)
    with django_assert_num_queries(1):
        assert len(newest_weeks()) == 1
    body = client.get("/metrics").content.decode()
    load = [line for line in body.splitlines() if line.startswith("watchbill_load")]
    assert load
    assert not [line for line in load if "ana" in line.replace("amber", "")]


def metrics(client):
    families = text_string_to_metric_families(client.get("/metrics").content.decode())
    return {
        (one.name, *one.labels.values()): one.value
        for family in families
        for one in family.samples
        if one.name.startswith("watchbill_load")
    }
