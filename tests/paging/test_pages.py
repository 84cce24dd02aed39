from datetime import timedelta

import pytest
from django.db import transaction

from paging import selectors
from paging.actions import contacts, pages
from paging.models import ContactMethod, Notification, Page
from people.ledger.models import Entry
from people.models import User
from tests.paging.world import (
    ALICE_MAIL,
    ALICE_SMS,
    APPLY,
    CAUSE,
    NOW,
    Statements,
    method,
    page,
    person,
    rules,
    states,
    timeline,
)

pytestmark = pytest.mark.django_db


def due() -> list[tuple[str, timedelta]]:
    rows = Notification.objects.order_by("due_at", "pk").values_list("method__kind", "due_at")
    return [(kind, at - NOW) for kind, at in rows]


def test_a_page_follows_the_persons_rules():
    alice = person(sms=ALICE_SMS, voice=ALICE_SMS, email=ALICE_MAIL)
    rules(alice, ("sms", 0), ("voice", 2), ("email", 5))
    rules(alice, ("email", 0), urgency="low")
    assert page(alice) == []
    assert due() == [("sms", timedelta(0)), ("voice", timedelta(minutes=2)), ("email", timedelta(minutes=5))]
    assert timeline() == ["paging Alice Ng: sms at once, voice after 2 min, email after 5 min"]


def test_a_person_without_rules_is_paged_on_every_verified_method_at_once():
    page(person(sms=ALICE_SMS, voice=ALICE_SMS, email=ALICE_MAIL))
    assert due() == [("sms", timedelta(0)), ("voice", timedelta(0)), ("email", timedelta(0))]


def test_unverified_and_disabled_methods_are_never_paged():
    alice = person(sms=ALICE_SMS, voice=ALICE_SMS, email=ALICE_MAIL)
    ContactMethod.objects.filter(pk=method(alice, "sms").pk).update(verified_at=None)
    contacts.disable_contact_method(method=method(alice, "voice"), reason="lost phone", by=APPLY, now=NOW)
    page(alice)
    assert due() == [("email", timedelta(0))]


def test_whoever_cannot_be_reached_is_named_and_gets_no_page():
    alice, bob = person(sms=ALICE_SMS), person("bob", "Bob Ruiz")
    gone = person("carol", "Carol Weiss", email="carol@acme.example")
    gone.is_active = False
    gone.save()
    assert page(alice, bob, gone) == [bob.pk, gone.pk]
    assert list(Page.objects.values_list("user_id", flat=True)) == [alice.pk]


def test_where_nobody_can_be_reached_nothing_is_written():
    bob = person("bob", "Bob Ruiz")
    assert page(bob) == [bob.pk]
    assert page() == []
    assert (Page.objects.count(), timeline()) == (0, [])


def test_the_same_decision_applied_twice_makes_one_page():
    alice = person(sms=ALICE_SMS)
    page(alice)
    page(alice)
    assert (Page.objects.count(), Notification.objects.count(), len(timeline())) == (1, 1, 1)
    page(alice, run="1.0.2")
    assert (Page.objects.count(), Notification.objects.count()) == (2, 2)


def test_paging_many_people_costs_no_more_statements_than_paging_one():
    few = [person("p0", sms=ALICE_SMS)]
    many = [person(f"p{n}", sms=ALICE_SMS, email=f"p{n}@acme.example") for n in range(1, 21)]
    assert len(Statements.during(lambda: page(*many))) == len(Statements.during(lambda: page(*few))) <= 8


def test_a_page_is_undone_with_its_callers_transaction():
    alice = person(sms=ALICE_SMS)
    with transaction.atomic():
        page(alice)
        transaction.set_rollback(True)
    assert not Page.objects.exists()


def test_a_page_nudges_a_worker_when_it_is_committed(django_capture_on_commit_callbacks):
    alice = person(sms=ALICE_SMS)
    with django_capture_on_commit_callbacks() as nudges:
        page(alice)
    assert len(nudges) == 1


@pytest.mark.parametrize("cause", ["", "incident", "incident:", "incident:x", ":42"])
def test_a_cause_that_nobody_could_look_up_is_refused(cause):
    with pytest.raises(ValueError, match="incident:42"):
        pages.subject_of(cause)


def test_a_stop_suppresses_what_is_not_yet_sent_and_says_why():
    alice = person(sms=ALICE_SMS, email=ALICE_MAIL)
    page(alice)
    Notification.objects.filter(method__kind="sms").update(state="sent")
    pages.stop(cause=CAUSE, reason="acknowledged by Bob Ruiz", now=NOW)
    assert states() == {"sms": "sent", "email": "suppressed"}
    assert Notification.objects.get(state="suppressed").reason == "acknowledged by Bob Ruiz"
    stopped = Entry.objects.get(verb="page.stopped")
    assert (stopped.what, stopped.why) == (
        "stopped paging Alice Ng; 1 message not sent",
        "acknowledged by Bob Ruiz",
    )


def test_a_stop_of_nothing_is_not_on_record():
    page(person(sms=ALICE_SMS))
    pages.stop(cause="incident:43", reason="resolved", now=NOW)
    pages.stop(cause=CAUSE, reason="resolved", now=NOW)
    pages.stop(cause=CAUSE, reason="resolved again", now=NOW)
    assert Entry.objects.filter(verb="page.stopped").count() == 1


def test_a_stop_for_one_person_leaves_the_others_paged():
    alice, bob = person(sms=ALICE_SMS), person("bob", "Bob Ruiz", email="bob@acme.example")
    page(alice, bob)
    pages.stop(cause=CAUSE, reason="acknowledged", now=NOW, user_id=alice.pk)
    assert states() == {"sms": "suppressed", "email": "pending"}


def test_a_stopped_cause_can_be_paged_again_by_a_later_run():
    alice = person(sms=ALICE_SMS)
    page(alice)
    pages.stop(cause=CAUSE, reason="acknowledged", now=NOW)
    page(alice, run="2.0.1")
    assert Notification.objects.filter(state="pending", page__run="2.0.1").count() == 1


def test_no_fallback_contact_is_nobody(settings):
    settings.FALLBACK_CONTACT = ""
    assert pages.fallback_recipient(NOW) is None


def test_the_fallback_contact_can_be_paged_and_cannot_log_in(settings):
    settings.FALLBACK_CONTACT = "+14155550199"
    fallback = pages.fallback_recipient(NOW)
    assert pages.fallback_recipient(NOW) == fallback
    user = User.objects.get(pk=fallback)
    assert not user.is_active
    assert not user.has_usable_password()
    assert page(user) == []
    assert states() == {"sms": "pending", "voice": "pending"}


def test_a_changed_fallback_contact_is_the_only_one_paged(settings):
    settings.FALLBACK_CONTACT = "+14155550199"
    pages.fallback_recipient(NOW)
    settings.FALLBACK_CONTACT = "noc@acme.example"
    fallback = pages.fallback_recipient(NOW)
    assert page(User.objects.get(pk=fallback)) == []
    assert states() == {"email": "pending"}


def test_only_people_without_any_usable_method_are_unreachable():
    person(sms=ALICE_SMS)
    bob = person("bob", "Bob Ruiz", email="bob@acme.example")
    carol = person("carol", "Carol Weiss")
    contacts.disable_contact_method(method=method(bob, "email"), reason="bounced", by=APPLY, now=NOW)
    assert list(selectors.unreachable_users()) == [bob, carol]
