"""Statements as JSON: one shape, be it one statement or a month of many."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from oncall.compensation.exports.items import line_values, total_values, utc
from oncall.compensation.exports.sheet import Sheet


def sheets_as_json(sheets: Iterable[Sheet]) -> str:
    return json.dumps({"statements": [_values(one) for one in sheets]}, indent=2, ensure_ascii=False) + "\n"


def _values(sheet: Sheet) -> dict[str, Any]:
    """`month` is its first day; lines and totals are as `manage.py pay` has them."""
    return {
        "user": sheet.user,
        "name": sheet.name,
        "month": sheet.month.isoformat(),
        "time_zone": sheet.zone.key,
        "state": sheet.state,
        "reckoned_at": utc(sheet.reckoned_at),
        **_by("approved", sheet.approved),
        **_by("locked", sheet.locked),
        "warnings": list(sheet.warnings),
        "lines": [line_values(sheet.user, item) for item in sheet.items],
        "totals": [total_values(sheet.user, total) for total in sheet.totals()],
    }


def _by(what: str, done: tuple[str | None, datetime] | None) -> dict[str, str | None]:
    by, at = done or (None, None)
    return {f"{what}_by": by, f"{what}_at": utc(at) if at else None}
