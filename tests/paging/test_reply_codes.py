"""Numbers to reply with: the lowest free one of a phone, and the last one shown is meant by a bare `ack`."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from paging.actions.codes import FORGOTTEN, RESTS, code_of, free_codes, show_code
from paging.models import ReplyCode
from tests.paging.world import ALICE_SMS, NOW, person

pytestmark = pytest.mark.django_db
BOB_SMS = "+14155550102"


@pytest.fixture
def alice():
    return person(sms=ALICE_SMS)


def show(user, number, *, phone=ALICE_SMS, now=NOW):
    return show_code(phone=phone, user_id=user.pk, cause=f"incident:{number}", now=now)


def meant(number=None, phone=ALICE_SMS):
    code = code_of(phone, number=number)
    return code and code.cause


def test_each_cause_has_the_lowest_free_number_of_its_phone(alice):
    assert [show(alice, number) for number in (41, 42, 43)] == [1, 2, 3]
    assert show(alice, 42) == 2
    free_codes(cause="incident:42", now=NOW - RESTS)
    assert show(alice, 44) == 2
    assert show(alice, 45) == 4


def test_phones_do_not_share_numbers(alice):
    bob = person("bob", "Bob Ruiz", sms=BOB_SMS)
    assert (show(alice, 41), show(bob, 42, phone=BOB_SMS)) == (1, 1)
    assert (meant(1), meant(1, BOB_SMS)) == ("incident:41", "incident:42")


def test_without_a_number_the_last_one_shown_is_meant(alice):
    show(alice, 41, now=NOW)
    show(alice, 42, now=NOW + timedelta(seconds=1))
    assert meant() == "incident:42"
    show(alice, 41, now=NOW + timedelta(seconds=2))
    assert meant() == "incident:41"
    assert meant(phone=BOB_SMS) is None


def test_a_freed_number_is_understood_until_it_is_given_away(alice):
    show(alice, 41)
    free_codes(cause="incident:41", now=NOW)
    assert meant(1) == "incident:41"
    assert show(alice, 42, now=NOW + RESTS) == 1
    assert meant(1) == "incident:42"


def test_a_number_that_was_just_freed_is_given_to_nothing_else(alice):
    """Who reads the former message may be about to send it."""
    show(alice, 41)
    free_codes(cause="incident:41", now=NOW)
    assert show(alice, 42, now=NOW + RESTS - timedelta(seconds=1)) == 2
    assert meant(1) == "incident:41"


def test_the_number_of_the_incident_itself_is_understood_where_it_was_shown(alice):
    show(alice, 4711)
    assert meant(4711) == "incident:4711"
    assert meant(4712) is None
    assert meant(711) is None


def test_a_code_comes_before_an_incident_of_the_same_number(alice):
    show(alice, 2)
    show(alice, 7)
    assert meant(2) == "incident:7"


def test_a_test_page_has_no_number_of_its_own(alice):
    """It is about the number of a person, and who answers by a number means an incident."""
    show_code(phone=ALICE_SMS, user_id=alice.pk, cause="test:4711", now=NOW)
    assert meant(4711) is None
    show(alice, 4711)
    assert meant(4711) == "incident:4711"
    assert meant(1) == "test:4711"


@pytest.mark.parametrize(("later", "number"), [(FORGOTTEN, 2), (FORGOTTEN + timedelta(seconds=1), 1)])
def test_a_number_that_nobody_freed_is_forgotten_in_a_month(alice, later, number):
    show(alice, 41)
    assert show(alice, 42, now=NOW + later) == number


@pytest.mark.django_db(transaction=True)
def test_messages_that_leave_at_the_same_moment_have_different_numbers(alice):
    def work(number):
        try:
            return show(alice, number)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(work, range(40, 56))) == list(range(1, 17))
    assert ReplyCode.objects.count() == 16
