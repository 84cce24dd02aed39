"""Lines as CSV. A cell that a spreadsheet would take for a formula is made text, by an apostrophe before
it; numbers, also those below nothing, stay numbers.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
COLUMNS = (
    "user", "plan", "kind", "band", "schedule", "role", "start", "end", "hours", "amount", "currency",
    "rate", "because", "override", "pages", "lieu_minutes", "lieu_expires",
)  # fmt: skip
NUMBERS = frozenset({"hours", "amount", "lieu_minutes"})


def lines_as_csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """`rows` are as `items.line_values` makes them; the ids of pages stand in one cell, by spaces."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        cells = {**row, "pages": " ".join(str(page) for page in row["pages"])}
        writer.writerow({name: cell if name in NUMBERS else safe(cell) for name, cell in cells.items()})
    return text.getvalue()


def safe(cell: object) -> str:
    """`cell` as text that no spreadsheet reckons out."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA) else text
