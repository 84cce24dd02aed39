"""Statements that PostgreSQL keeps planned, on connections that outlive a migration."""

from functools import partial

import pytest
from django.db import OperationalError, connection, transaction

from escalation.intake.keys import service_key
from tests.racing import at_once
from tests.world import KEY, World

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres("SQLite keeps none"),
]


def _altered(length):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE escalation_service ALTER COLUMN name TYPE varchar({length})")


@pytest.fixture
def widened():
    """A migration of the next version: a name may be longer."""
    World()
    for _ in range(3):
        service_key(KEY)
        with transaction.atomic():
            service_key(KEY)
    at_once(partial(_altered, 200))  # by a connection of its own
    yield
    at_once(partial(_altered, 100))


def test_what_was_planned_before_a_migration_is_planned_anew_after_it(widened):
    assert service_key(KEY).row.key == KEY


def test_in_a_transaction_it_is_heard_as_a_fault_of_the_database_once(widened):
    with pytest.raises(OperationalError), transaction.atomic():
        service_key(KEY)
    with transaction.atomic():
        assert service_key(KEY).row.key == KEY
