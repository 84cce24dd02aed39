"""Each chart answers one question of a report, in words and in a picture, whatever the report is like."""

import os
import re
import subprocess
import sys
from datetime import timedelta
from io import BytesIO
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from tests.reports.sample import MONDAY, page, report, shift
from watchbill.reports.charts import Chart, alt, draw, sheet, shows
from watchbill.reports.charts.hours import by_hour
from watchbill.reports.charts.theme import DARK, LIGHT
from watchbill.reports.seen import for_reader

BEGINS = {"svg": b"<svg", "png": b"\x89PNG\r\n", "pdf": b"%PDF-"}
HOSTILE = "<script>alert(1)</script>\u202e\u05d0\u05d1\u0627 \x00&amp;{{7*7}} " + "W" * 200
BO = sum(map(ord, "bo"))


def none():
    """A team with no shift, no page, nobody, and no past."""
    trend = report().trend.model_copy(update={"days": [], "shifts": 0, "over_budget": 0, "markers": []})
    totals = report().totals
    nothing = {name: 0 for name, value in totals if isinstance(value, int)}
    many = totals.model_copy(update=nothing | {"cost": [], "by_severity": {}})
    return report(shifts=[], keys=[], people=[], pages=[], trend=trend, totals=many)


def one_shift():
    return report(shifts=report().shifts[:1], pages=report().pages[:3], people=report().people[:1])


def many_shifts():
    rows = [shift(n % 90, f"u{n}", verdict=("green", "amber", "red")[n % 3], pages=n % 7) for n in range(200)]
    return report(shifts=rows)


def many_keys():
    row = report().keys[0]
    return report(keys=[row.model_copy(update={"key": f"Alert{n}", "pages": 500 - n}) for n in range(500)])


def hostile():
    found = report()
    marker = found.trend.markers[0].model_copy(update={"what": HOSTILE})
    return found.model_copy(
        update={
            "team": HOSTILE,
            "shifts": [row.model_copy(update={"name": HOSTILE, "role": HOSTILE}) for row in found.shifts],
            "keys": [row.model_copy(update={"key": HOSTILE, "service": HOSTILE}) for row in found.keys],
            "people": [row.model_copy(update={"name": HOSTILE}) for row in found.people],
            "trend": found.trend.model_copy(update={"markers": [marker] * 5}),
        }
    )


def read(svg):
    return ET.fromstring(svg)  # noqa: S314 - our own


def texts(svg):
    return [text for one in read(svg).iter() if (text := (one.text or "").strip())]


@pytest.mark.parametrize("chart", Chart)
def test_a_chart_is_of_the_form_that_was_asked_for(chart):
    for form, begin in BEGINS.items():
        found = draw(report(), chart, form=form)
        assert found.startswith(begin)
        assert len(found) > 1500
    with Image.open(BytesIO(draw(report(), chart, form="png"))) as day:
        with Image.open(BytesIO(draw(report(), chart, form="png", dark=True))) as night:
            corners = [picture.convert("L").getpixel((2, 2)) for picture in (day, night)]
            assert day.size == night.size
        assert day.width == 960
    assert corners[0] > 240
    assert corners[1] < 40


@pytest.mark.parametrize("made", [none, one_shift, many_shifts, many_keys, hostile])
def test_every_report_can_be_drawn_and_said(made):
    found = made()
    for chart in Chart:
        svg = draw(found, chart, form="svg")
        root = read(svg)
        assert float(root.get("width")) == 480
        assert 60 < float(root.get("height")) < 800
        assert texts(svg), "there is always a title"
        assert 20 < len(alt(found, chart)) < 2500
        assert not re.search(rb'\bid="|href="', svg), "several may stand on one page, and none fetches"


@pytest.mark.parametrize("dark", [False, True])
def test_few_colours_are_enough(dark):
    with Image.open(BytesIO(draw(report(), Chart.HOURS, form="png", dark=dark))) as picture:
        found = {colour: many for many, colour in picture.convert("RGB").getcolors()}
    theme = DARK if dark else LIGHT
    for hexed in (theme.ground, theme.empty, theme.night):
        wanted = tuple(bytes.fromhex(hexed[1:]))
        near = [one for one in found if max(abs(a - b) for a, b in zip(one, wanted, strict=True)) <= 3]
        assert sum(found[one] for one in near) > 500, hexed


def test_where_there_is_nothing_a_chart_says_so():
    found = none()
    assert [chart for chart in Chart if shows(found, chart)] == []
    said = {chart: texts(draw(found, chart, form="svg")) for chart in Chart}
    assert said[Chart.KEYS] == ["No pages in this time.", "Which alerts paged most?"]
    assert said[Chart.HOURS] == ["No pages in this time.", "When do pages come?"]
    assert said[Chart.SHIFTS] == ["No shift in this time.", "Which shifts were noisy?"]
    assert said[Chart.PEOPLE] == ["Nobody was woken in this time.", "Who was woken more than their share?"]
    assert said[Chart.TREND] == ["No incidents in this time.", "Is it getting quieter?"]
    assert alt(found, Chart.KEYS) == "Which alerts paged most? No pages in this time."
    quiet = found.model_copy(update={"shifts": [shift(2, "cy")]})
    assert texts(draw(quiet, Chart.SHIFTS, form="svg"))[0] == "1 shift, and no pages in this time."


def test_a_verdict_is_said_beside_its_colour():
    said = texts(draw(report(), Chart.SHIFTS, form="svg"))
    assert "7 pages, 3 wakes ▲ red" in said
    assert "3 pages ◆ amber" in said
    assert said.count("0 pages ● green") == 2
    assert "1 red and 1 amber of 4 shifts" in said
    assert "12 wakes, fair 8.0 ◆ amber" in texts(draw(report(), Chart.PEOPLE, form="svg"))


def test_what_is_drawn_is_also_said():
    assert alt(report(), Chart.SHIFTS) == (
        "1 red and 1 amber of 4 shifts, for a budget of 2. Ana, 2 June, primary: 7 pages, 3 wakes, red; "
        "Bo, 3 June, primary: 3 pages, amber; Cy, 4 June, primary: 0 pages, green; "
        "Dee, 2 June, secondary: 0 pages, green."
    )
    assert alt(report(), Chart.KEYS) == (
        "7 of 10 pages came from DiskFull{cluster=eu1}. DiskFull{cluster=eu1} · storage: 7 pages, 3 wakes; "
        "CheckoutSlow · checkout: 3 pages."
    )
    assert alt(report(), Chart.PEOPLE) == (
        "Who was woken more than their share? In 90 days, Ana: 12 wakes, fair 8.0, amber; "
        "Bo: 5 wakes, fair 8.0, green."
    )
    assert "8 of 26 shifts in 90 days were over budget (31 %)" in alt(report(), Chart.TREND)
    assert "storage suppressed: 21 → 4 pages" in alt(report(), Chart.TREND)


def test_of_too_many_the_worst_are_drawn_and_the_rest_is_counted():
    said = " ".join(texts(draw(many_shifts(), Chart.SHIFTS, form="svg")))
    assert "Shown: the 14 worst of 200." in said
    assert said.count("▲ red") == 14
    assert said.count("6 pages ▲ red") == 9, "all of them: n % 3 is 2, n % 7 is 6, n below 200"
    assert "Shown: 8 of 500 alerts." in " ".join(texts(draw(many_keys(), Chart.KEYS, form="svg")))


def test_long_and_hostile_names_are_cut_and_stay_text():
    for chart in (Chart.SHIFTS, Chart.KEYS, Chart.PEOPLE, Chart.TREND):
        svg = draw(hostile(), chart, form="svg").decode()
        assert "<script" not in svg
        assert "\u202e" not in svg
        assert max(map(len, texts(svg))) < 80
    assert sheet(hostile(), "pdf").startswith(b"%PDF-")


def test_what_no_font_has_is_a_box_however_long_it_is():
    fires = "🔥" * 50
    given = report()
    keys = [row.model_copy(update={"key": fires, "service": fires}) for row in given.keys]
    people = [row.model_copy(update={"name": fires}) for row in given.people]
    shifts = [row.model_copy(update={"name": fires, "role": fires}) for row in given.shifts]
    many = given.model_copy(update={"keys": keys, "people": people, "shifts": shifts, "team": fires})
    for chart in (Chart.SHIFTS, Chart.KEYS, Chart.PEOPLE, Chart.TREND):
        assert draw(many, chart, form="png").startswith(b"\x89PNG")
    assert "□□" in draw(many, Chart.KEYS, form="svg").decode()
    assert sheet(many, "pdf").startswith(b"%PDF-")


def test_hours_are_those_of_the_clock_of_whoever_was_paged():
    far = shift(1, "bo", zone="America/New_York")
    pages = [
        page(1, 0, "ana", 23),  # Monday 23:00 UTC, Tuesday 1:00 in Berlin
        page(2, 1, "bo", 3),  # Tuesday 3:00 UTC, Monday 23:00 in New York
        page(3, 1, "bo", 3, shift=None),  # beside all shifts: still Bo's clock
        page(4, 0, "eve", 12, shift=None),  # nobody's shift: the team's clock
        page(5, 0, "ana", 23, counted=False),
    ]
    found = report(shifts=[report().shifts[0], far], pages=pages)
    assert by_hour(found) == {(1, 1): 1, (0, 23): 2, (0, 14): 1}
    assert "3 of 4 pages came between 22 and 8" in texts(draw(found, Chart.HOURS, form="svg"))


def test_the_night_has_its_edges():
    def said(*clocks):
        pages = [page(n, 0, "ana", 0, at=MONDAY + timedelta(minutes=at)) for n, at in enumerate(clocks)]
        return alt(report(shifts=[shift(0, "ana", zone="UTC")], pages=pages), Chart.HOURS).partition(".")[0]

    assert said(22 * 60 - 1) == "0 of 1 page came between 22 and 8"
    assert said(22 * 60) == "1 of 1 page came between 22 and 8"
    assert said(8 * 60 - 1) == "1 of 1 page came between 22 and 8"
    assert said(8 * 60) == "0 of 1 page came between 22 and 8"


def test_an_engineers_pictures_name_nobody_else():
    seen = for_reader(report(), reader_id=BO, manages=False)
    for chart in Chart:
        said = " ".join(texts(draw(seen, chart, form="svg"))) + alt(seen, chart)
        assert not re.search(r"\b(Ana|Cy|Dee)\b", said)


def test_all_of_it_is_on_one_page_for_a_slide():
    with Image.open(BytesIO(sheet(many_shifts(), "png"))) as picture:
        assert picture.width == 3200
        assert 1000 < picture.height <= 1800
    said = " ".join(texts(sheet(report(), "svg")))
    assert "4 shifts: 1 red, 1 amber, 2 green. 10 pages, 3 interruptions by night." in said
    assert "Shop: pager load, 2 to 9 June" in said
    for words in (
        "7 of 10 pages came from",
        "Who was woken more",
        "4 of 5 pages came between",
        "budget of 2",
    ):
        assert words in said
    assert sheet(none(), "png").startswith(BEGINS["png"])


WITHOUT_FONTS = """
import re, django
django.setup()
from tests.reports.sample import report
from watchbill.reports.charts import Chart, draw
from watchbill.reports.charts.rendering import as_form
svg = draw(report(), Chart.SHIFTS, form="svg").decode()
bare = re.sub(r"<text.*?</text>", "", svg)
assert bare != svg
print(as_form(svg, "png") != as_form(bare, "png"), "7 pages, 3 wakes" in svg)
"""


def test_a_machine_without_fonts_draws_text(tmp_path):
    nothing = tmp_path / "fonts.conf"
    nothing.write_text('<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig/>')
    env = os.environ | {"FONTCONFIG_FILE": str(nothing), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_FONTS],
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.split() == ["True", "True"], done.stderr[-2000:]
