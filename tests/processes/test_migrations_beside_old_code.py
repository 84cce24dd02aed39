"""Migrations run while the version before them runs on (docs/several-machines.md, ADR 18): they only add.

django-migration-linter reads the SQL of each for PostgreSQL: no column or table dropped or renamed, no type
changed, no column NOT NULL that the version before does not fill (`db_default` fills it), no new uniqueness
of a table that was there. It knows no CHECK constraints, so those are looked for here.
"""

import pytest
from django.db.migrations import AddConstraint, CreateModel
from django.db.migrations.loader import MigrationLoader
from django.db.models import CheckConstraint
from django_migration_linter import MigrationLinter
from django_migration_linter.sql_analyser import analyse_sql_statements

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("both_servers"),  # of its leg: the SQL that is read is PostgreSQL's
]

OURS = (
    *("compensation", "escalation", "ledger", "oncall", "paging", "people"),
    *("provisioning", "reports", "watch"),
)
SAFE_ALL_THE_SAME = {
    ("compensation", "0003_call_outs_put_right"): "unique in a table that no version before writes to",
    ("escalation", "0008_alerts_are_graded_counted_and_grouped"): "unique where a new column is not empty",
    ("oncall", "0007_feeds_of_teams_and_of_gaps"): "looser than the uniqueness that it takes the place of",
    (
        "paging",
        "0007_chat_and_webhook_methods",
    ): "longer than before: nothing is refused",
    ("paging", "0010_a_former_secret_signs_for_a_while"): "longer than before: nothing is refused",
}
CHECKS_THAT_OLD_CODE_KEEPS = {
    "a_correction_is_of_a_page_or_has_times": "of a table that no version before writes to",
    "a_cost_has_a_currency": "of columns that old code leaves empty",
    "a_policy_repeats_for_a_while": "of an edit alone: an old form that asks for more gets an error",
    "a_policy_wants_an_acknowledgement": "of a column that has its default with old code",
    "a_step_asks_for_hours_that_there_are": "of a column that old code leaves empty",
    "feed_is_of_one_thing": "looser than the one that it takes the place of",
    "merged_incident_is_over": "of a column that old code leaves empty, and it opens nothing that is over",
    "hours_of_time_off_end_after_they_start": "of columns that old code leaves empty",
    "nobody_approves_their_own_work": "of a table that no version before writes to",
    "nobody_locks_their_own_pay": "of a table that no version before writes to",
    "only_of_a_team_one_is_picked": "of a column that old code leaves empty",
    "quiet_incident_has_an_end": "of reasons that old code writes into no row",
    "service_groups_for_some_time": "of a column that old code leaves empty",
    "target_is_one_thing_or_a_webhook": "looser than the one that it takes the place of",
    "what_is_bundled_is_said_by_another": "of a state that old code writes into no row",
}


@pytest.fixture(scope="module")
def migrations():
    found = MigrationLoader(None).disk_migrations
    return {key: migration for key, migration in found.items() if key[0] in OURS}


def test_no_migration_takes_anything_from_the_version_before_it(migrations):
    linter = MigrationLinter(no_output=True, no_cache=True)
    refused = {}
    for app, name in sorted(migrations):
        sql = linter.get_sql(app, name)
        errors, _, _ = analyse_sql_statements(linter.sql_analyser_class, sql, [])
        if errors:
            refused[app, name] = [error.message for error in errors]
    assert refused.keys() == SAFE_ALL_THE_SAME.keys(), refused


def test_no_migration_refuses_what_the_version_before_it_writes(migrations):
    refused = set()
    for migration in migrations.values():
        new = {one.name_lower for one in migration.operations if isinstance(one, CreateModel)}
        refused |= {
            one.constraint.name
            for one in migration.operations
            if isinstance(one, AddConstraint)
            and isinstance(one.constraint, CheckConstraint)
            and one.model_name_lower not in new
        }
    assert refused == CHECKS_THAT_OLD_CODE_KEEPS.keys()
