"""Statements as a workbook: a sheet of totals and one of lines, with numbers and dates that can be reckoned
with. No text becomes a formula.
"""

import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from oncall.compensation.currencies import smallest
from oncall.compensation.exports.items import HOUR, Item, Total
from oncall.compensation.exports.sheet import Sheet

LONGEST_TEXT = 32767
"""Characters in a cell, by the limits of Excel."""
TIMES, DAYS, HOURS, MONTHS = "yyyy-mm-dd hh:mm:ss", "yyyy-mm-dd", "0.00##", "mmmm yyyy"
Value = str | int | Decimal | date | datetime | None


class Column(NamedTuple):
    head: str
    width: int


TOTALS = (
    Column("user", 16), Column("name", 26), Column("month", 16), Column("state", 12), Column("amount", 18),
    Column("currency", 10), Column("lieu minutes", 13), Column("approved by", 24),
    Column("approved at (UTC)", 20), Column("locked at (UTC)", 20), Column("warnings", 60),
)  # fmt: skip
LINES = (
    Column("user", 16), Column("month", 16), Column("plan", 24), Column("kind", 12), Column("band", 16),
    Column("schedule", 20), Column("role", 12), Column("from (local)", 20), Column("until (local)", 20),
    Column("time zone", 20), Column("hours", 10), Column("rate", 36), Column("amount", 18),
    Column("currency", 10), Column("lieu minutes", 13), Column("lieu expires (local)", 20),
    Column("override", 14), Column("pages", 16), Column("because", 30), Column("from (UTC)", 20),
    Column("until (UTC)", 20),
)  # fmt: skip


def sheets_as_xlsx(sheets: Sequence[Sheet]) -> bytes:
    book = Workbook(write_only=True)
    sums = _page(book, "Totals", TOTALS)
    for sheet in sheets:
        found: list[Total | None] = [*sheet.totals()]
        for total in found or [None]:
            sums.append([_cell(sums, *one) for one in _total(sheet, total)])
    lines = _page(book, "Lines", LINES)
    for sheet in sheets:
        for item in sheet.items:
            lines.append([_cell(lines, *one) for one in _line(sheet, item)])
    into = io.BytesIO()
    book.save(into)
    return into.getvalue()


def _page(book: Workbook, title: str, columns: Sequence[Column]) -> Worksheet:
    """With its header, which stays in sight."""
    page = book.create_sheet(title)
    page.freeze_panes = "A2"
    page.sheet_view.zoomScale = 100
    for n, column in enumerate(columns, start=1):
        page.column_dimensions[get_column_letter(n)].width = column.width
    heads = []
    for column in columns:
        cell = WriteOnlyCell(page, value=column.head)
        cell.font, cell.alignment = Font(bold=True), Alignment(vertical="top")
        heads.append(cell)
    page.append(heads)
    page.auto_filter.ref = f"A1:{get_column_letter(len(columns))}1"
    return page


def _total(sheet: Sheet, total: Total | None) -> Iterable[tuple[Value, str]]:
    by, at = sheet.approved or (None, None)
    yield from ((sheet.user, ""), (sheet.name, ""), (sheet.month, MONTHS), (sheet.state, ""))
    yield from _money(total.amount, total.currency) if total else ((None, ""), (None, ""))
    yield (total.lieu_minutes if total else 0, "0")
    yield from ((by, ""), (_wall(at), TIMES), (_wall(sheet.locked[1] if sheet.locked else None), TIMES))
    yield (" ".join(sheet.warnings), "")


def _line(sheet: Sheet, item: Item) -> Iterable[tuple[Value, str]]:
    zone = sheet.zone
    yield from ((sheet.user, ""), (sheet.month, MONTHS), (item.plan, ""), (str(item.kind), ""))
    yield from ((item.band, ""), (item.schedule, ""), (item.role, ""))
    yield from ((_wall(item.start, zone), TIMES), (_wall(item.end, zone), TIMES), (zone.key, ""))
    yield from ((Decimal(item.seconds) / HOUR, HOURS), (item.rate, ""))
    yield from _money(item.amount, item.currency)
    yield from ((item.lieu_minutes, "0"), (_wall(item.lieu_expires, zone), TIMES))
    yield from ((item.override, ""), (" ".join(str(page) for page in item.pages), ""), (item.because, ""))
    yield from ((_wall(item.start), TIMES), (_wall(item.end), TIMES))


def _money(amount: Decimal, currency: str) -> tuple[tuple[Value, str], tuple[Value, str]]:
    decimals = -int(smallest(currency).as_tuple().exponent)
    form = "#,##0" + ("." + "0" * decimals if decimals else "")
    return (amount, f'{form} "{currency}"'), (currency, "")


def _wall(at: datetime | None, zone: ZoneInfo | None = None) -> datetime | None:
    """As a workbook has times: without an offset, on the wall of `zone`, or of UTC."""
    return at.astimezone(zone or ZoneInfo("UTC")).replace(tzinfo=None) if at else None


def _cell(page: Worksheet, value: Value, form: str) -> WriteOnlyCell:
    if isinstance(value, str):
        value = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", value)[:LONGEST_TEXT]
    cell = WriteOnlyCell(page, value=value)
    if isinstance(value, str):
        cell.data_type = "s"  # one that begins with = is no formula
    if form:
        cell.number_format = form
    return cell
