"""The files that a statement, or a month of many, can be had as."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from oncall.compensation.exports.as_csv import lines_as_csv
from oncall.compensation.exports.as_json import sheets_as_json
from oncall.compensation.exports.as_pdf import sheets_as_pdf
from oncall.compensation.exports.as_xlsx import sheets_as_xlsx
from oncall.compensation.exports.items import line_values
from oncall.compensation.exports.sheet import Sheet


class Form(NamedTuple):
    """`write` makes the file of some sheets, printed at `now`."""

    content_type: str
    write: Callable[[Sequence[Sheet], datetime], bytes]


def _csv(sheets: Sequence[Sheet], now: datetime) -> bytes:
    rows = (line_values(sheet.user, item) for sheet in sheets for item in sheet.items)
    return lines_as_csv(rows).encode()


FORMS: Mapping[str, Form] = {
    "csv": Form("text/csv; charset=utf-8", _csv),
    "json": Form("application/json", lambda sheets, now: sheets_as_json(sheets).encode()),
    "pdf": Form("application/pdf", lambda sheets, now: sheets_as_pdf(sheets, now=now)),
    "xlsx": Form(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        lambda sheets, now: sheets_as_xlsx(sheets),
    ),
}
