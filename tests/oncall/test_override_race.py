"""Two overrides made at once: what one after the other would have made, and never what neither would."""

import pytest

from oncall import actions
from oncall.models import Override
from people.ledger.models import Entry
from tests.oncall.noon import Noon
from tests.racing import at_the_lock

pytestmark = pytest.mark.django_db(transaction=True)

REPLACE_ANA = ("replace", "bo", 12, 14, "ana")
REFUSED = {
    "two replace the same person": [REPLACE_ANA, ("replace", "cy", 13, 15, "ana")],
    "one is added twice": [("add", "bo", 12, 14), ("add", "bo", 13, 15)],
    "one is taken off twice": [("remove", "ana", 12, 14), ("remove", "ana", 13, 15)],
}
KEPT = {
    "replaced and taken off": ([REPLACE_ANA, ("remove", "ana", 12, 15)], [[]]),
    "added and taken off": ([("add", "bo", 12, 15), ("remove", "bo", 12, 15)], [["ana 12-15", "bo 12-15"]]),
    "added and put in place of another": (
        [("replace", "bo", 12, 15, "ana"), ("add", "bo", 12, 15)],
        [["bo 12-15"]],
    ),
    "two are added": (
        [("add", "bo", 12, 15), ("add", "cy", 12, 15)],
        [["ana 12-15", "bo 12-15", "cy 12-15"]],
    ),
    "one after the other": (
        [("replace", "bo", 12, 13, "ana"), ("replace", "cy", 13, 15, "ana")],
        [["bo 12-13", "cy 13-15"]],
    ),
    "who replaces is replaced": (
        [("replace", "bo", 12, 15, "ana"), ("replace", "cy", 12, 15, "bo")],
        [["cy 12-15"], ["bo 12-15"]],
    ),
}


def race(noon, pair):
    def make(kind, user, start, end, instead_of=None):
        whom = {} if instead_of is None else {"instead_of": getattr(noon, instead_of)}
        return lambda: noon.override(kind, getattr(noon, user), start, end, **whom)

    return at_the_lock(noon.noon, *(make(*one) for one in pair))


def written(noon):
    """How many overrides there are: as many as the ledger and the schedule's revision tell of."""
    revision = noon.noon.revision
    noon.noon.refresh_from_db()
    rows = Override.objects.count()
    assert Entry.objects.filter(verb="override.created").count() == rows
    assert noon.noon.revision - revision == rows
    return rows


@pytest.fixture
def noon():
    noon = Noon()
    noon.noon.refresh_from_db()
    return noon


@pytest.mark.parametrize("pair", REFUSED.values(), ids=REFUSED)
def test_of_two_of_one_kind_about_one_person_one_is_refused_and_told_of_the_other(noon, pair):
    made, refused = sorted(race(noon, pair), key=lambda outcome: isinstance(outcome, Exception))
    assert isinstance(made, Override)
    assert isinstance(refused, actions.Refused)
    assert f"already (override {made.pk})" in str(refused)
    assert written(noon) == 1


@pytest.mark.parametrize(("pair", "expected"), KEPT.values(), ids=KEPT)
def test_two_that_may_stand_beside_each_other_are_both_made(noon, pair, expected):
    outcomes = race(noon, pair)
    assert [type(outcome) for outcome in outcomes] == [Override, Override]
    assert written(noon) == 2
    order = outcomes[0].pk > outcomes[1].pk
    assert sorted(noon.on()) == expected[order if len(expected) == 2 else 0]
