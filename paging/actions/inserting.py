"""The rows of pages, many at once. In SQL: what Django has for it tells no new row from an old one."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from paging.models import Page

INSERT = """
INSERT INTO paging_page (user_id, cause, run, urgency, facts, service, created_at, stop_reason)
VALUES {rows}
ON CONFLICT (cause, run, user_id) DO NOTHING RETURNING id, cause, run, user_id
"""
ROW = "(%s, %s, %s, %s, %s, %s, %s, '')"
AT_ONCE = 1000
"""Rows in one statement: databases allow so many values and no more."""


def insert_new(rows: Sequence[Page]) -> dict[tuple[str, str, int], int]:
    """The ids of those that were not there yet, by cause, run and user. Of two transactions that insert the
    same, the second one waits for the first, and then finds them there.
    """
    found: dict[tuple[str, str, int], int] = {}
    for first in range(0, len(rows), AT_ONCE):
        some = rows[first : first + AT_ONCE]
        given = [value for row in some for value in _values(row)]
        with connection.cursor() as cursor:
            cursor.execute(INSERT.format(rows=", ".join([ROW] * len(some))), given)
            found |= {(cause, run, user): pk for pk, cause, run, user in cursor.fetchall()}
    return found


def _values(row: Page) -> tuple[Any, ...]:
    return (
        row.user_id,
        row.cause,
        row.run,
        row.urgency,
        connection.ops.adapt_json_value(row.facts, None),
        row.service,
        connection.ops.adapt_datetimefield_value(row.created_at),
    )
