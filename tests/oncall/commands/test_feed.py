"""manage.py feed: of a team, of the gaps, and with an alarm."""

import pytest
from django.core.management import CommandError

from oncall.models import Feed
from people.ledger.models import Entry


def verbs() -> list[str]:
    return list(Entry.objects.filter(verb__startswith="feed.").order_by("pk").values_list("verb", flat=True))


def test_every_combination_is_a_calendar_of_its_own_and_the_same_one_again(office):
    asked = [
        ("--user", "ana"),
        ("--schedule", "Checkout"),
        ("--schedule", "Checkout", "--gaps"),
        ("--team", "Checkout"),
        ("--team", "Checkout", "--gaps"),
        ("--gaps",),
    ]
    first = [office.address(*words) for words in asked]
    assert len(set(first)) == len(asked)
    assert [office.address(*words) for words in asked] == first
    assert [office.get(path).status_code for path in first] == [200] * len(asked)


@pytest.mark.parametrize("words", [("--team", "Checkout"), ("--team", "Checkout", "--gaps"), ("--gaps",)])
def test_rotate_ends_the_old_address_of_that_calendar_alone(office, words):
    others = [office.address("--user", "ana"), office.address("--schedule", "Checkout", "--gaps")]
    old = office.address(*words)
    new = office.address(*words, "--rotate")
    assert [office.get(path).status_code for path in (old, new, *others)] == [410, 200, 200, 200]


def test_an_alarm_rings_in_the_calendar_until_0_takes_it_away(office):
    path = office.address("--user", "ana")
    assert b"VALARM" not in office.document(path)
    assert office.address("--user", "ana", "--alarm", "30") == path
    assert b"TRIGGER:-PT30M" in office.document(path)
    assert office.address("--user", "ana", "--alarm", "0") == path
    assert b"VALARM" not in office.document(path)
    assert verbs() == ["feed.created", "feed.changed", "feed.changed"]


def test_an_alarm_stays_without_being_said_again_and_through_a_rotation(office):
    office.address("--user", "ana", "--alarm", "30")
    office.address("--user", "ana")
    office.address("--user", "ana", "--rotate")
    assert Feed.objects.get(revoked_at=None).alarm_minutes == 30


CANNOT = [
    (["--team", "Chekout"], r"There is no team “Chekout”; did you mean “Checkout”\?"),
    (["--team", "\x00"], "There is no team"),
    (["--user", "ana", "--gaps"], "A person has no gaps"),
    (["--schedule", "Checkout", "--alarm", "30"], "Only a person's own calendar rings"),
    (["--team", "Checkout", "--alarm", "0"], "Only a person's own calendar rings"),
    (["--gaps", "--alarm", "5"], "Only a person's own calendar rings"),
    (["--user", "ana", "--alarm", "-1"], "An alarm is 0 to 40320 minutes"),
    (["--user", "ana", "--alarm", "40321"], "An alarm is 0 to 40320 minutes"),
    (["--user", "ana", "--alarm", "9" * 40], "An alarm is 0 to 40320 minutes"),
    (["--user", "ana", "--alarm", "soon"], "argument --alarm: invalid int value"),
    (["--user", "ana", "--team", "Checkout"], "not allowed with argument --user"),
    (["--alarm", "5"], "one of the arguments --user --schedule --team --gaps is required"),
]


@pytest.mark.parametrize(("words", "sentence"), CANNOT)
def test_what_cannot_be_is_answered_with_a_sentence_and_nothing_is_written(office, words, sentence):
    with pytest.raises(CommandError, match=sentence):
        office.command("feed", *words)
    assert not Feed.objects.exists()
    assert verbs() == []
