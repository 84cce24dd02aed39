"""Pictures and files of a report: what the reader may see of it, and how long a browser keeps them."""

import csv
import io
import json

import pytest

from tests.web.shop import browser
from tests.web.test_load import LIVE, kept, world  # noqa: F401 - a fixture


def fetched(user, address, status=200):
    answer = browser(user).get(address)
    assert answer.status_code == status, address
    return answer


def test_a_page_asks_for_its_pictures_by_their_own_addresses_in_light_and_dark(world):  # noqa: F811
    stored = kept(world)
    seen = fetched(world.mia, f"/load/reports/{stored.uid}").content.decode()
    address = f"/load/reports/{stored.uid}/shifts.svg"
    assert f'<source media="(prefers-color-scheme: dark)" srcset="{address}?dark=1">' in seen
    assert f'src="{address}" alt="1 red and 1 amber of 4 shifts' in seen
    light, dark = fetched(world.mia, address), fetched(world.mia, f"{address}?dark=1")
    assert light["Content-Type"] == "image/svg+xml"
    assert light.content.startswith(b"<svg")
    assert light.content != dark.content
    assert "default-src 'none'" in light["Content-Security-Policy"]


def test_a_stored_picture_is_kept_by_its_readers_browser_alone_and_a_live_one_for_a_minute(world):  # noqa: F811
    stored = fetched(world.mia, f"/load/reports/{kept(world).uid}/keys.svg")
    assert {"private", "max-age=86400"} <= set(stored["Cache-Control"].split(", "))
    live = fetched(world.mia, f"{LIVE}hours.svg?days=28")
    assert {"private", "max-age=60"} <= set(live["Cache-Control"].split(", "))
    for answer in (stored, live):
        assert "Cookie" in answer["Vary"]


@pytest.mark.parametrize(
    ("name", "content_type", "begins"),
    [
        ("people.png", "image/png", b"\x89PNG"),
        ("trend.pdf", "application/pdf", b"%PDF"),
    ],
)
def test_a_chart_is_a_picture_of_each_form(world, name, content_type, begins):  # noqa: F811
    answer = fetched(world.mia, f"/load/reports/{kept(world).uid}/{name}")
    assert answer["Content-Type"] == content_type
    assert answer.content.startswith(begins)


def test_files_have_the_numbers_of_the_page(world):  # noqa: F811
    stored = kept(world)
    tables = {}
    for table in ("shifts", "alerts", "people"):
        answer = fetched(world.mia, f"/load/reports/{stored.uid}.csv?table={table}")
        assert f'-{table}.csv"' in answer["Content-Disposition"]
        tables[table] = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [row["pages"] for row in tables["shifts"]] == ["7", "3", "0", "0"]
    assert tables["alerts"][0]["key"] == "DiskFull{cluster=eu1}"
    assert len(tables["people"]) == 4
    found = json.loads(fetched(world.mia, f"/load/reports/{stored.uid}.json").content)
    assert [row["pages"] for row in found["shifts"]] == [7, 3, 0, 0]
    assert fetched(world.mia, f"/load/reports/{stored.uid}.png").content.startswith(b"\x89PNG")
    assert fetched(world.mia, f"{LIVE}report.pdf?days=28").content.startswith(b"%PDF")


def test_an_engineer_is_given_their_own_rows_only(world):  # noqa: F811
    stored = kept(world)
    for address in (f"/load/reports/{stored.uid}.json", f"/load/reports/{stored.uid}.csv"):
        text = fetched(world.bo, address).content.decode()
        assert "bo" in text
        for other in ('"ana"', ",ana,", "Ana", "482.00"):
            assert other not in text
    assert b"Ana" not in fetched(world.bo, f"/load/reports/{stored.uid}/shifts.svg").content


def test_who_may_not_see_the_team_gets_no_picture_and_no_file(world, client):  # noqa: F811
    stored = kept(world)
    for address in (
        f"/load/reports/{stored.uid}/shifts.svg", f"/load/reports/{stored.uid}.csv",
        f"{LIVE}shifts.svg", f"{LIVE}report.json",
    ):  # fmt: skip
        fetched(world.eve, address, 404)
        assert client.get(address).status_code == 302
    fetched(world.mia, f"/load/reports/{stored.uid}.csv?table=nothing", 404)
    fetched(world.mia, f"/load/reports/{stored.uid}/other.svg", 404)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("since=yesterday", "“yesterday” is not a time"),
        ("since=2020-01-01", "about a year at most"),
        ("days=28&schedule=Nowhere", "“Nowhere” is not a known schedule"),
    ],
)
def test_what_makes_no_sense_gives_no_file_of_something_else(world, query, said):  # noqa: F811
    for name in ("report.csv", "report.json"):
        answer = fetched(world.mia, f"{LIVE}{name}?{query}", status=400)
        assert said in answer.content.decode()
        assert "Content-Disposition" not in answer
