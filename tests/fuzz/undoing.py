"""Examples that leave nothing behind, and whether one did."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.db import connection, transaction


@contextmanager
def undone() -> Iterator[None]:
    whole = transaction.atomic()
    whole._from_testcase = True  # as Django's own tests do: what must be the outermost may be it within this
    with whole:
        yield
        transaction.set_rollback(True)


def rows(*, but: tuple[str, ...] = ()) -> dict[str, int]:
    """How many there are of each kind, by table, but for models with these labels."""
    models = [model for model in apps.get_models() if model._meta.label_lower not in but]
    tables = [model._meta.db_table for model in models]
    each = (f"SELECT '{table}', count(*) FROM {table}" for table in tables)  # noqa: S608 - our own tables
    counts = " UNION ALL ".join(each)
    with connection.cursor() as cursor:
        cursor.execute(counts)
        return dict(cursor.fetchall())
