"""Secret addresses: shown again, replaced, and never kept."""

import hashlib
import re

import pytest
from django.core.management import CommandError
from django.db import IntegrityError, transaction

from oncall.actions import Refused
from oncall.actions.feeds import issue_feed, rotate_feed
from oncall.models import Feed
from people import actions as people
from people.ledger.models import Entry
from tests.oncall.feeds.office import NOW, TESTS


def ledger() -> list[tuple[str, str]]:
    rows = Entry.objects.filter(verb__startswith="feed.").order_by("pk")
    return [(row.verb, row.what) for row in rows]


def test_the_command_prints_one_address_and_the_same_one_again(office, settings):
    settings.PUBLIC_URL = "https://watch.example.com"
    first = office.command("feed", "--user", "ana")
    assert re.fullmatch(r"https://watch\.example\.com/ical/[A-Za-z0-9_-]{43}\.ics\n", first)
    assert office.command("feed", "--user", "ana") == first
    assert ledger() == [("feed.created", "Made a secret address for the calendar of Ana Ruiz")]


def test_everyone_has_an_address_of_their_own(office):
    whose = [("--user", "ana"), ("--user", "bo"), ("--schedule", "Checkout")]
    assert len({office.address(*one) for one in whose}) == 3


def test_rotate_prints_a_new_address_and_both_steps_stand_in_the_ledger(office):
    old = office.address("--user", "ana")
    new = office.address("--user", "ana", "--rotate")
    assert new != old
    assert office.address("--user", "ana") == new
    assert [verb for verb, _ in ledger()] == ["feed.created", "feed.revoked", "feed.created"]


def test_rotate_without_an_address_makes_the_first(office):
    assert office.address("--user", "ana", "--rotate") == office.address("--user", "ana")
    assert [verb for verb, _ in ledger()] == ["feed.created"]


def test_only_a_digest_is_kept(office):
    token = issue_feed(owner=office.ana, by=TESTS, now=NOW)
    feed = Feed.objects.get()
    assert feed.digest == hashlib.sha256(token.encode()).hexdigest()
    kept = [str(value) for value in Feed.objects.values().get().values()]
    assert not [value for value in kept if token in value]
    assert not Entry.objects.filter(what__contains=token).exists()


def test_another_secret_key_cannot_show_an_old_address_but_still_serves_it(office, settings):
    path = office.address("--user", "ana")
    settings.SECRET_KEY = "another" * 10
    with pytest.raises(CommandError, match=r"SECRET_KEY is no longer the one .* --rotate"):
        office.command("feed", "--user", "ana")
    assert office.get(path).status_code == 200
    new = office.address("--user", "ana", "--rotate")
    assert (office.get(path).status_code, office.get(new).status_code) == (410, 200)


def test_someone_who_left_gets_no_address(office):
    people.deactivate_user(user=office.ana, by=TESTS, now=NOW)
    for make in (issue_feed, rotate_feed):
        office.ana.refresh_from_db()
        with pytest.raises(Refused, match="Ana Ruiz"):
            make(owner=office.ana, by=TESTS, now=NOW)
    assert not Feed.objects.exists()


def test_nobody_has_two_live_addresses(office):
    issue_feed(owner=office.ana, by=TESTS, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Feed.objects.create(user=office.ana, digest="other", created_at=NOW)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--user", "anna"], r"There is no person “anna”; did you mean “ana”\?"),
        (["--schedule", "chekout"], r"There is no schedule “chekout”; did you mean “Checkout”\?"),
        (["--schedule", "\x00"], "There is no schedule"),
        ([], "one of the arguments --user --schedule --team --gaps is required"),
    ],
)
def test_a_wrong_name_is_answered_with_a_sentence(office, words, sentence):
    with pytest.raises(CommandError, match=sentence):
        office.command("feed", *words)
