"""A team's thresholds have versions, and what it says about its report is written down."""

from dataclasses import fields
from datetime import UTC, datetime, time

import pytest

from people.ledger.models import Entry
from people.ledger.record import Actor
from people.models import Team, User
from watchbill.reports.actions.refusal import Refused
from watchbill.reports.actions.terms import set_mailing, set_terms
from watchbill.reports.core.measures import MEASURES
from watchbill.reports.core.thresholds import Limit, Thresholds, plain, read_pair
from watchbill.reports.models import Mailing, Terms
from watchbill.reports.reporting import terms_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MIA = Actor("Mia")


@pytest.fixture
def team():
    return Team.objects.create(name="Payments")


def put(team, **thresholds):
    return set_terms(team=team, thresholds=thresholds, by=MIA, now=NOW)


def mail(team, *, weekday=0, at=time(9), to=(), after_shift=True):
    return set_mailing(team=team, weekday=weekday, at=at, to=to, after_shift=after_shift, by=MIA, now=NOW)


def test_each_change_is_a_version_and_the_newest_is_in_force(team):
    assert put(team, sleep_interruptions=[1, 2]).number == 1
    assert put(team, sleep_interruptions=[1, 3], labels_needed=8).number == 2
    number, found = terms_of([team])[team.pk]
    assert (number, found.sleep_interruptions, found.labels_needed) == (2, Limit(1, 3, reached=True), 8)
    assert Terms.objects.get(number=1).thresholds == {"sleep_interruptions": ["1", "2"]}, "never changed"


def test_what_is_so_already_makes_no_version(team):
    assert put(team) is None
    assert put(team, sleep_interruptions=[2, 4]) is None, "the usual"
    put(team, one_key=[0.2, 0.4])
    assert put(team, one_key=["1/5", "40e-2"]) is None
    assert (Terms.objects.count(), Entry.objects.count()) == (1, 1)


def test_back_to_the_usual_is_a_version_too(team):
    put(team, labels_needed=8)
    assert put(team).thresholds == {}


def test_the_ledger_says_from_what_to_what(team):
    put(team, sleep_interruptions=[3, 5], one_key=[0.25, "1/3"])
    entry = Entry.objects.get()
    assert (entry.verb, entry.subject_type, entry.subject_id, entry.actor_name) == (
        "load_terms.set",
        "team",
        team.pk,
        "Mia",
    )
    assert entry.what == (
        "thresholds of Payments, version 1: sleep_interruptions from 2, 4 to 3, 5; "
        "one_key from 0.3, 0.5 to 0.25, 1/3"
    )


@pytest.mark.parametrize(
    ("thresholds", "said"),
    [
        ({"sleep_interuptions": [1, 2]}, "“sleep_interuptions” is not a known threshold; did you mean sleep"),
        ({"sleep_interruptions": [4, 2]}, "Amber (4) comes before red (2), and neither is below 0."),
        ({"sleep_interruptions": [-1, 2]}, "neither is below 0."),
        ({"sleep_interruptions": "24"}, "“24” is no pair of numbers; write amber and red, such as [2, 4]."),
        ({"sleep_interruptions": [1, 2, 3]}, "is no pair of numbers"),
        ({"sleep_interruptions": 4}, "is no pair of numbers"),
        ({"sleep_interruptions": [1, "1/0"]}, "is no pair of numbers"),
        ({"sleep_interruptions": [1, float("inf")]}, "is no pair of numbers"),
        ({"sleep_interruptions": [1, 10_001]}, "10001 is never reached; write at most 10000."),
        ({"one_key": [30, 50]}, "50 is more than all of them; write a part of one, such as 0.3 for 30 %."),
        ({"labels_needed": 0}, "“0” is no count; write a whole number from 1 to 1000."),
        ({"labels_needed": True}, "“True” is no count"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(team, thresholds, said):
    with pytest.raises(Refused) as refusal:
        put(team, **thresholds)
    assert said in str(refusal.value)
    assert not Terms.objects.exists()
    assert not Entry.objects.exists()


def test_everything_that_is_wrong_is_said_at_once(team):
    with pytest.raises(Refused, match=r"one_key: .* labels_needed: "):
        put(team, one_key=[3, 5], labels_needed=0)


def test_every_threshold_is_said_in_words():
    assert list(MEASURES) == [one.name for one in fields(Thresholds)]


def test_numbers_are_written_as_people_write_them():
    assert [plain(one) for one in read_pair(["0.3", "4"])] == [0.3, 4]
    assert [plain(one) for one in read_pair(["1/3", "3/2"])] == ["1/3", 1.5]


def test_when_and_to_whom_is_set_and_written_down(team):
    erin = User.objects.create(username="erin")
    row = mail(team, weekday=2, at=time(8, 30), to=[erin, erin], after_shift=False)
    assert (row.weekday, row.at, list(row.to.all()), row.after_shift) == (2, time(8, 30), [erin], False)
    assert Entry.objects.get().what == (
        "pager-load report of Payments: Wednesday 08:30 to erin, not after shifts, "
        "Monday 09:00 to its managers, and after shifts before"
    )
    assert mail(team, weekday=2, at=time(8, 30), to=[erin], after_shift=False) is None


def test_saying_the_usual_writes_nothing(team):
    assert mail(team) is None
    assert not Mailing.objects.exists()


def test_another_time_has_to_be_told_anew_and_another_reader_has_not(team):
    erin = User.objects.create(username="erin")
    Mailing.objects.create(team=team, next_at=NOW)
    assert mail(team, to=[erin]).next_at == NOW
    assert mail(team, to=[erin], at=time(10)).next_at is None


def test_a_day_that_is_none_is_refused(team):
    with pytest.raises(Refused, match=r"7 is no day of the week; write 0 for Monday to 6 for Sunday\."):
        mail(team, weekday=7)
