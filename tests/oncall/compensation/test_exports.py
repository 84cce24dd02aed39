"""A statement as CSV, JSON, a workbook and on paper: each says the same."""

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from oncall.compensation.exports.as_pdf import COLUMNS, NOT_DRAWN, _cells, _paper
from oncall.compensation.exports.files import FORMS
from oncall.compensation.exports.items import hours_in_text
from oncall.compensation.exports.sheet import sheets
from oncall.compensation.models import Statement, StatementLine
from people import actions as people
from tests.oncall.compensation.test_reckoning import BY, person

pytestmark = pytest.mark.django_db
PAGE = b"/Type /Page\n"
NOVEMBER, NOW = date(2025, 11, 1), datetime(2025, 12, 3, tzinfo=UTC)
START = datetime(2025, 11, 1, 14, tzinfo=UTC)
BAD = "=1+1"


def named(username, name):
    user = person(username)
    user.name = name
    user.save()
    return user


def statement(user, *lines, month=NOVEMBER, approver=None):
    state = "approved" if approver else "draft"
    row = Statement.objects.create(
        user=user, month=month, state=state, reckoned_at=NOW, warnings=["2025-11: over the cap."],
        approved_by=approver, approved_at=NOW if approver else None,
    )  # fmt: skip
    usual = {
        "kind": "standby", "plan": BAD, "band": "weekend", "schedule": "+Checkout", "role": "primary",
        "start": START, "end": START + timedelta(hours=48), "seconds": 48 * 3600, "exact": "500",
        "amount": Decimal("500.0000"), "currency": "USD", "rate": "500 per weekend, shared by time",
        "override": "cover #12",
    }  # fmt: skip
    for n, line in enumerate(lines):
        StatementLine.objects.create(statement=row, position=n, **usual | line)
    return row


CALL_OUT = {
    "kind": "call_out", "band": "night", "seconds": 5400, "amount": Decimal("67.5"), "lieu_minutes": 90,
    "lieu_expires": START + timedelta(days=14), "pages": [7, 8], "because": "woken", "override": "",
    "rate": "30 per hour, times 1.5",
}  # fmt: skip
TAKEN = {"kind": "adjustment", "plan": "", "band": "", "amount": Decimal("-12.5"), "because": "@late"}


@pytest.fixture
def november():
    ana, mia = named("ana", "=Ana"), named("mia", "Mia Falk")
    statement(ana, {}, CALL_OUT, TAKEN, approver=mia)
    return sheets(Statement.objects.all())


def written(form, found):
    return FORMS[form].write(found, NOW)


def test_csv_says_each_line_and_no_formula(november):
    rows = list(csv.DictReader(io.StringIO(written("csv", november).decode())))
    assert [(row["kind"], row["hours"], row["amount"]) for row in rows] == [
        ("standby", "48.00", "500.00"),
        ("call_out", "1.50", "67.50"),
        ("adjustment", "48.00", "-12.50"),
    ]
    assert (rows[0]["plan"], rows[0]["schedule"], rows[2]["because"]) == ("'=1+1", "'+Checkout", "'@late")
    assert rows[1]["pages"] == "7 8"


def test_json_says_who_approved_it_the_lines_and_the_totals(november):
    (one,) = json.loads(written("json", november))["statements"]
    assert (one["user"], one["name"], one["month"], one["state"]) == ("ana", "=Ana", "2025-11-01", "approved")
    assert (one["approved_by"], one["approved_at"], one["locked_at"]) == (
        "Mia Falk",
        "2025-12-03T00:00:00Z",
        None,
    )
    assert one["totals"] == [{"user": "ana", "currency": "USD", "amount": "555.00", "lieu_minutes": 90}]
    assert one["lines"][1]["pages"] == [7, 8]
    assert one["lines"][1]["lieu_expires"] == "2025-11-15T14:00:00Z"
    assert one["warnings"] == ["2025-11: over the cap."]


def test_the_workbook_has_numbers_and_dates_and_no_formula(november):
    book = load_workbook(io.BytesIO(written("xlsx", november)))
    assert book.sheetnames == ["Totals", "Lines"]
    for page in book:
        assert page.freeze_panes == "A2"
        assert all(cell.data_type != "f" for row in page.iter_rows() for cell in row)
    heads = [cell.value for cell in book["Lines"][1]]
    first, out = (dict(zip(heads, book["Lines"][n], strict=True)) for n in (2, 3))
    assert (first["amount"].value, first["amount"].number_format) == (500, '#,##0.00 "USD"')
    assert (first["hours"].value, out["hours"].value) == (48, 1.5)
    assert first["from (local)"].value == datetime(2025, 11, 1, 10)  # noqa: DTZ001
    assert first["until (local)"].value == datetime(2025, 11, 3, 9)  # noqa: DTZ001 - the clock went back
    assert first["from (UTC)"].is_date
    assert first["plan"].value == BAD
    totals = [cell.value for cell in book["Totals"][2]]
    assert totals[:7] == ["ana", "=Ana", datetime(2025, 11, 1), "approved", 555, "USD", 90]  # noqa: DTZ001


def test_a_text_that_no_workbook_can_hold_is_cut_and_marked():
    ana = person("ana")
    statement(ana, {"plan": "a\x07b", "because": "x" * 500})
    book = load_workbook(io.BytesIO(written("xlsx", sheets(Statement.objects.all()))))
    assert book["Lines"]["C2"].value == "a\N{REPLACEMENT CHARACTER}b"


def test_on_paper_each_statement_begins_a_page_of_its_own(november):
    alone = written("pdf", november)
    assert alone.startswith(b"%PDF-")
    assert alone.count(PAGE) == 1
    assert written("pdf", november * 3).count(PAGE) == 3
    assert written("pdf", []).startswith(b"%PDF-")


def test_the_files_of_its_fonts_are_closed():
    with _paper(NOW) as paper:
        files = [font.ttfont.reader.file for font in paper.fonts.values()]
        assert not any(one.closed for one in files)
    assert len(files) == 2
    assert all(one.closed for one in files)


def test_many_lines_go_on_on_further_pages():
    statement(person("ana"), *[CALL_OUT] * 100)
    assert written("pdf", sheets(Statement.objects.all())).count(PAGE) > 3


def test_a_call_out_of_very_many_pages_is_no_longer_than_a_page_of_paper():
    statement(person("ana"), CALL_OUT | {"pages": list(range(1_000_000, 1_000_600)), "because": "W" * 500})
    (sheet,) = sheets(Statement.objects.all())
    with _paper(NOW) as paper:
        paper.add_page()
        cells = _cells(sheet.items[0], sheet.zone)
        assert paper._height(cells, [width for _, width in COLUMNS]) < paper.page_break_trigger - 20
    assert "#1000023 and 576 more" in cells[5]
    assert "1000599" in written("csv", [sheet]).decode()


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("Ελένη Жанна Nguyễn Þór", "Ελένη Жанна Nguyễn Þór"),
        ("Ame\u0301lie", "Amélie"),
        ("山田", NOT_DRAWN * 2),
        ("שלום", "םולש"),  # as it stands on paper, from the left
        ("tab\there\x00", f"tab{NOT_DRAWN}here{NOT_DRAWN}"),
    ],
)
def test_names_in_any_script_are_drawn_or_seen_not_to_be(name, drawn):
    with _paper(NOW) as paper:
        assert paper._drawable(name) == drawn


def test_any_name_can_be_put_on_paper():
    statement(named("ana", "山田 \N{PILE OF POO}\x01" + "W" * 100), {"because": "W" * 400, "rate": "x" * 200})
    assert written("pdf", sheets(Statement.objects.all())).startswith(b"%PDF-")


def test_the_zone_of_a_month_is_that_of_its_end():
    ana = person("ana", "Europe/London")
    statement(ana, {})
    people.change_user(user=ana, time_zone="Asia/Tokyo", by=BY, now=datetime(2025, 12, 2, tzinfo=UTC))
    statement(ana, {}, month=date(2025, 12, 1))
    assert [one.zone.key for one in sheets(Statement.objects.order_by("month"))] == [
        "Europe/London",
        "Asia/Tokyo",
    ]


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0.00"), (3600, "1.00"), (5400, "1.50"), (1200, "0.3333"), (36, "0.01")]
)
def test_hours_have_two_decimals_where_these_say_it_all(seconds, said):
    assert hours_in_text(seconds) == said


def test_any_number_of_statements_is_read_in_four_queries(django_assert_num_queries):
    for n in range(4):
        statement(person(f"p{n}"), {})
    with django_assert_num_queries(4):
        assert len(sheets(Statement.objects.all())) == 4
