"""After a test that committed, what it wrote is taken away, and nothing else is touched.

Django would truncate every table, and then make its content types and permissions anew: for PostgreSQL that
is a new file, put safely on disk, for each table and each index, whether or not the test wrote there.
"""

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase

MADE_BY_MIGRATE = {"django_migrations", "django_content_type", "auth_permission"}


def pytest_configure() -> None:
    TransactionTestCase._fixture_teardown = _teardown


def _teardown(case: TransactionTestCase) -> None:
    for alias in case._databases_names(include_mirrors=False):
        empty(connections[alias])


def empty(connection: BaseDatabaseWrapper) -> None:
    """Delete every row but of what `migrate` makes. Foreign keys are looked at when all of it is done."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        names = set(connection.introspection.table_names(cursor)) - MADE_BY_MIGRATE
        tables = [connection.ops.quote_name(name) for name in sorted(names)]
        looks = [f"SELECT {n} WHERE EXISTS (SELECT 1 FROM {one})" for n, one in enumerate(tables)]  # noqa: S608
        cursor.execute(" UNION ALL ".join(looks))
        for (n,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {tables[n]}")  # noqa: S608 - our own tables
