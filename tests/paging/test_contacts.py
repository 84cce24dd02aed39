from datetime import timedelta

import pytest

from paging.actions import contacts
from paging.models import ContactMethod, NotificationRule
from people.ledger.models import Entry
from tests.paging.world import ALICE_MAIL, ALICE_SMS, APPLY, NOW, method, person, rules

pytestmark = pytest.mark.django_db


def written() -> list[tuple[str, str]]:
    return list(Entry.objects.filter(subject_type="user").order_by("id").values_list("verb", "what"))


def test_a_method_entered_by_an_apply_counts_as_verified_and_is_on_record():
    alice = person(sms="+1 (415) 555-0101")
    sms = method(alice, "sms")
    assert (sms.address, sms.verified_at, sms.disabled_reason) == (ALICE_SMS, NOW, "")
    entry = Entry.objects.get()
    assert (entry.verb, entry.actor_name) == ("contact_method.added", "apply")
    assert entry.what == "Alice Ng can be paged by SMS (+1415…0101)"
    assert (entry.subject_type, entry.subject_id) == ("user", alice.pk)


def test_entering_the_same_method_again_changes_nothing():
    alice = person(email=ALICE_MAIL)
    contacts.set_contact_method(user=alice, kind="email", address=f" {ALICE_MAIL} ", by=APPLY, now=NOW)
    assert (ContactMethod.objects.count(), len(written())) == (1, 1)


def test_entering_a_disabled_method_again_makes_it_usable():
    alice = person(email=ALICE_MAIL)
    contacts.disable_contact_method(method=method(alice, "email"), reason="bounced", by=APPLY, now=NOW)
    contacts.disable_contact_method(method=method(alice, "email"), reason="bounced", by=APPLY, now=NOW)
    assert method(alice, "email").disabled_reason == "bounced"
    contacts.set_contact_method(user=alice, kind="email", address=ALICE_MAIL, by=APPLY, now=NOW)
    assert method(alice, "email").disabled_reason == ""
    assert [verb for verb, _ in written()] == [
        "contact_method.added",
        "contact_method.disabled",
        "contact_method.changed",
    ]


def test_an_unverified_method_is_verified_by_whoever_vouches_for_it():
    alice = person()
    ContactMethod.objects.create(user=alice, kind="sms", address=ALICE_SMS)
    contacts.set_contact_method(user=alice, kind="sms", address=ALICE_SMS, by=APPLY, now=NOW)
    assert method(alice, "sms").verified_at == NOW


@pytest.mark.parametrize(
    ("kind", "address", "sentence"),
    [
        ("sms", "4155550101", "with its country"),
        ("voice", "+1", "with its country"),
        ("sms", ALICE_MAIL, "with its country"),
        ("sms", "", "with its country"),
        ("sms", "+1415\x005550101x", "with its country"),
        ("email", "alice", "not an email address"),
        ("email", "a@b.example\nBcc: all@b.example", "not an email address"),
        ("email", "", "not an email address"),
        ("email", f"a@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.{'f' * 9}.example", "longer than 254"),
        ("pigeon", "coop 4", "write sms, voice, email"),
    ],
)
def test_nonsense_is_refused_with_what_to_write_instead(kind, address, sentence):
    alice = person()
    with pytest.raises(contacts.Refused, match=sentence):
        contacts.set_contact_method(user=alice, kind=kind, address=address, by=APPLY, now=NOW)
    assert not ContactMethod.objects.exists()


def test_rules_of_one_urgency_are_replaced_and_the_other_kept():
    alice = person()
    rules(alice, ("sms", 0), ("voice", 2))
    rules(alice, ("email", 0), urgency="low")
    rules(alice, ("email", 5), ("sms", 0))
    kept = NotificationRule.objects.order_by("urgency", "after").values_list("urgency", "via", "after")
    assert list(kept) == [
        ("high", "sms", timedelta(0)),
        ("high", "email", timedelta(minutes=5)),
        ("low", "email", timedelta(0)),
    ]
    assert written()[-1] == (
        "notification_rules.changed",
        "Alice Ng at high urgency: sms at once, email after 5 min",
    )


def test_the_same_rules_again_change_nothing():
    alice = person()
    rules(alice, ("sms", 0), ("voice", 2))
    before = list(NotificationRule.objects.values_list("pk", flat=True))
    rules(alice, ("voice", 2), ("sms", 0), ("sms", 0))
    assert list(NotificationRule.objects.values_list("pk", flat=True)) == before
    assert len(written()) == 1


def test_no_rules_means_every_method_at_once():
    alice = person()
    rules(alice, ("sms", 0))
    rules(alice)
    assert written()[-1][1] == "Alice Ng at high urgency: every method at once"


@pytest.mark.parametrize(
    ("urgency", "via", "after", "sentence"),
    [
        ("urgent", "sms", timedelta(0), "write high or low"),
        ("high", "pigeon", timedelta(0), "write sms, voice, email"),
        ("high", "sms", timedelta(seconds=-1), "0m to 24h"),
        ("high", "sms", timedelta(days=1, seconds=1), "0m to 24h"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_and_the_old_ones_stay(urgency, via, after, sentence):
    alice = person()
    rules(alice, ("sms", 0))
    with pytest.raises(contacts.Refused, match=sentence):
        contacts.set_rules(user=alice, urgency=urgency, rules=[(via, after)], by=APPLY, now=NOW)
    assert NotificationRule.objects.get().via == "sms"
