"""A person adds a number and proves that it is theirs; until then nobody is paged by it."""

import hashlib
import hmac
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from paging import dispatch, links
from paging.actions import contacts, verifying
from paging.actions.contacts import Refused
from paging.core.cause import is_code
from paging.models import Attempt, ContactMethod, Notification, Page, Verification
from people.ledger.models import Entry
from people.ledger.record import Actor
from tests.paging.world import ALICE_MAIL, ALICE_SMS, APPLY, Clock, method, page, person, states

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def alice():
    return person()


@pytest.fixture
def got(capsys):
    """What reached the phones since it was last asked, as (kind, text)."""

    def read():
        lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith('{"outbox"')]
        return [(row["via"], row["text"]) for row in (json.loads(line)["outbox"] for line in lines)]

    return read


def add(user, clock, kind="sms", address=ALICE_SMS):
    return verifying.add_own_method(
        user=user, kind=kind, address=address, by=Actor.person(user, via="web"), now=clock()
    )


def enter(row, code, clock):
    verifying.verify(method=row, code=code, by=Actor.person(row.user, via="web"), now=clock())
    row.refresh_from_db()


def ask(row, clock):
    verifying.ask_code(method=row, by=Actor.person(row.user, via="web"), now=clock())


def code_in(texts):
    (text,) = [text for _, text in texts]
    return text.split()[0]


def wrong(code):
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_a_number_is_paged_once_its_code_is_entered_and_not_before(alice, clock, got):
    row = add(alice, clock, address="+1 (415) 555-0101")
    assert (row.address, row.verified_at) == (ALICE_SMS, None)
    assert page(alice) == [alice.pk]
    assert got() == []  # nothing was sent inside the request
    dispatch.send_due(clock=clock)
    code = code_in(got())
    enter(row, code[:3] + " " + code[3:], clock)
    assert row.verified_at == clock()
    assert page(alice) == []
    said = list(Entry.objects.filter(subject_type="user").order_by("pk").values_list("verb", "what"))
    assert said == [
        ("contact_method.added", "Alice Ng added SMS (+1415…0101), to be verified"),
        ("contact_method.code_asked", "Alice Ng asked for a code by SMS (+1415…0101)"),
        ("contact_method.verified", "Alice Ng verified SMS (+1415…0101), and can be paged by it"),
    ]


def test_no_row_keeps_the_code_nor_the_link(alice, clock, got):
    add(alice, clock)
    add(alice, clock, "voice")
    add(alice, clock, "email", ALICE_MAIL)
    dispatch.send_due(clock=clock)
    texts = dict(got())
    assert len(texts) == 3
    code = texts["sms"].split()[0]
    kept = " ".join(Attempt.objects.values_list("body", flat=True)) + " ".join(
        Attempt.objects.values_list("subject", flat=True)
    )
    assert code not in kept
    assert "•" in kept
    assert texts["email"].partition("/verify/")[2].split()[0] not in kept
    assert texts["voice"].partition("code is: ")[2][:16] not in kept
    for row in [*Page.objects.values(), *Verification.objects.values(), *Entry.objects.values()]:
        assert code not in str(row)


def test_a_try_that_failed_for_now_is_tried_again_with_the_same_code(alice, clock, phone):
    phone.fail_next(status=503, code=20503)
    row = add(alice, clock)
    dispatch.send_due(clock=clock)
    assert states() == {"sms": "pending"}
    refused = phone.refused[0]["Body"]
    clock.advance(seconds=10)
    dispatch.send_due(clock=clock)
    sms = phone.expect_sms(to=ALICE_SMS, containing="is your code")
    assert sms.body == refused
    enter(row, sms.body.split()[0], clock)
    assert row.verified_at


def test_a_call_speaks_the_code_digit_by_digit(alice, clock, phone):
    row = add(alice, clock, "voice")
    dispatch.send_due(clock=clock)
    call = phone.expect_call(to=ALICE_SMS, containing="Your code is")
    digits = call.twiml.partition("Your code is: ")[2][:16]
    enter(row, digits.replace(". ", ""), clock)
    assert row.verified_at


def test_a_code_that_could_not_be_sent_goes_no_other_way(clock, phone):
    alice = person(email=ALICE_MAIL)
    phone.fail_next(status=400, code=21211)
    add(alice, clock)
    dispatch.send_due(clock=clock)
    assert states() == {"sms": "failed"}  # nor is anybody told: nobody was paged by it yet
    assert method(alice, "sms").disabled_reason.startswith("Twilio 21211")


def test_a_code_that_waited_for_a_quarter_of_an_hour_is_not_sent(alice, clock, got):
    row = add(alice, clock)
    clock.advance(minutes=15)
    dispatch.send_due(clock=clock)
    assert got() == []
    assert states() == {"sms": "failed"}
    with pytest.raises(Refused, match="ask for a new one"):
        enter(row, "123456", clock)


def test_a_code_is_valid_for_fifteen_minutes(alice, clock, got):
    row = add(alice, clock)
    dispatch.send_due(clock=clock)
    code = code_in(got())
    clock.advance(minutes=15)
    with pytest.raises(Refused, match="ask for a new one"):
        enter(row, code, clock)
    clock.advance(seconds=-1)
    enter(row, code, clock)
    assert row.verified_at


def test_a_new_code_ends_the_one_before_it(alice, clock, got):
    row = add(alice, clock)
    dispatch.send_due(clock=clock)
    old = code_in(got())
    clock.advance(minutes=1)
    ask(row, clock)
    with pytest.raises(Refused, match="not the code"):
        enter(row, old, clock)
    dispatch.send_due(clock=clock)
    enter(row, code_in(got()), clock)
    assert row.verified_at


def test_what_has_not_left_when_a_new_code_is_asked_for_never_leaves(alice, clock, got):
    row = add(alice, clock)
    clock.advance(minutes=1)
    ask(row, clock)
    dispatch.send_due(clock=clock)
    assert len(got()) == 1
    assert sorted(Notification.objects.values_list("state", flat=True)) == ["sent", "suppressed"]


def test_a_code_is_sent_once_a_minute(alice, clock):
    row = add(alice, clock)
    clock.advance(seconds=20)
    with pytest.raises(Refused, match="ask again in 40 s"):
        ask(row, clock)
    assert Verification.objects.count() == 1
    clock.advance(seconds=40)
    ask(row, clock)
    assert Verification.objects.count() == 2


def test_nobody_fills_the_phones_of_others_with_codes(alice, clock):
    for n in range(10):
        add(alice, clock, address=f"+1415555020{n}")
    with pytest.raises(Refused, match="ask again in 60 min"):
        add(alice, clock, address=ALICE_SMS)
    assert ContactMethod.objects.count() == 10


def test_five_wrong_codes_lock_it_even_against_the_right_one_and_a_new_one(alice, clock, got):
    row = add(alice, clock)
    dispatch.send_due(clock=clock)
    code = code_in(got())
    clock.advance(minutes=2)
    for said in (
        "4 more tries",
        "3 more tries",
        "2 more tries",
        "1 more try",
        "locked; ask for a new code in 13 min",
    ):
        with pytest.raises(Refused, match=said):
            enter(row, wrong(code), clock)
    for work in (lambda: enter(row, code, clock), lambda: ask(row, clock)):
        with pytest.raises(Refused, match="ask for a new code in 13 min"):
            work()
    row.refresh_from_db()
    assert (row.verified_at, Verification.objects.get().wrong) == (None, 5)
    verbs = list(Entry.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs.count("contact_method.code_wrong") == 5
    clock.advance(minutes=13)
    ask(row, clock)
    dispatch.send_due(clock=clock)
    enter(row, code_in(got()), clock)
    assert row.verified_at


def test_what_is_no_code_is_not_counted_as_a_guess(alice, clock):
    row = add(alice, clock)
    for nonsense in ("", "12345", "\x00", "x" * 10_000):
        with pytest.raises(Refused, match="6 digits"):
            enter(row, nonsense, clock)
    assert Verification.objects.get().wrong == 0


def test_the_link_in_a_mail_verifies_without_the_code(alice, clock, got):
    row = add(alice, clock, "email", ALICE_MAIL)
    dispatch.send_due(clock=clock)
    ((_, text),) = got()
    token = text.partition("/verify/")[2].split()[0]
    number = links.read_verify_token(token)
    verifying.verify_by_link(verification_id=number, now=clock())
    row.refresh_from_db()
    assert row.verified_at == clock()
    assert Entry.objects.latest("pk").actor_name == "Alice Ng (link)"


def test_a_link_counts_as_long_as_its_code(alice, clock):
    row = add(alice, clock, "email", ALICE_MAIL)
    old = Verification.objects.get().pk
    clock.advance(minutes=1)
    ask(row, clock)
    newest = Verification.objects.latest("pk").pk
    for number, later in ((old, 0), (newest, 15), (newest + 1, 0)):
        with pytest.raises(Refused):
            verifying.verify_by_link(verification_id=number, now=clock() + timedelta(minutes=later))
    row.refresh_from_db()
    assert row.verified_at is None


def test_a_link_used_once_does_not_bring_back_what_was_removed_since(alice, clock):
    row = add(alice, clock, "email", ALICE_MAIL)
    number = Verification.objects.get().pk
    verifying.verify_by_link(verification_id=number, now=clock())
    verifying.remove(method=row, by=Actor.person(alice), now=clock())
    with pytest.raises(Refused):
        verifying.verify_by_link(verification_id=number, now=clock())


def test_a_page_s_token_opens_no_verification_nor_the_other_way():
    for url, read in (
        (links.page_url(1), links.read_verify_token),
        (links.verify_url(1), links.read_page_token),
    ):
        with pytest.raises(links.BadLink):
            read(url.rpartition("/")[2])


def test_what_was_removed_stays_as_a_row_and_is_used_again_after_a_new_code(clock, got):
    alice = person(sms=ALICE_SMS)
    row = method(alice, "sms")
    verifying.remove(method=row, by=Actor.person(alice), now=clock())
    assert page(alice) == [alice.pk]
    row.refresh_from_db()
    assert row.disabled_reason == "removed by Alice Ng"
    ask(row, clock)
    dispatch.send_due(clock=clock)
    assert page(alice) == [alice.pk]  # still not: the code has only been sent
    enter(row, code_in(got()), clock)
    assert (row.disabled_reason, row.verified_at) == ("", clock())
    assert page(alice, run="2") == []


def test_adding_what_was_removed_uses_the_same_row(clock):
    alice = person(sms=ALICE_SMS)
    verifying.remove(method=method(alice, "sms"), by=Actor.person(alice), now=clock())
    add(alice, clock)
    assert ContactMethod.objects.count() == 1


def test_what_is_usable_already_is_neither_added_nor_verified_again(clock):
    alice = person(sms=ALICE_SMS)
    with pytest.raises(Refused, match="already"):
        add(alice, clock)
    with pytest.raises(Refused, match="already"):
        ask(method(alice, "sms"), clock)


def test_guesses_at_the_same_moment_are_counted_one_by_one(alice, clock, got):
    row = add(alice, clock)
    dispatch.send_due(clock=clock)
    bad = wrong(code_in(got()))

    def guess(_):
        try:
            verifying.verify(
                method=ContactMethod.objects.get(), code=bad, by=Actor.person(alice), now=clock()
            )
        except Refused as refusal:
            return "more tr" in str(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        counted = list(pool.map(guess, range(8)))
    assert sum(counted) == 4
    assert Verification.objects.get(method=row).wrong == 5


def test_a_number_may_be_that_of_two_people_who_each_verify_it(alice, clock, got):
    bob = person("bob", "Bob Wu", sms=ALICE_SMS)
    row = add(alice, clock)
    dispatch.send_due(clock=clock)
    enter(row, code_in(got()), clock)
    assert page(alice, bob) == []


def test_a_code_of_one_method_verifies_no_other(alice, clock, got):
    sms = add(alice, clock)
    dispatch.send_due(clock=clock)
    code = code_in(got())
    call = add(alice, clock, "voice")
    with pytest.raises(Refused, match="not the code"):
        enter(call, code, clock)
    enter(sms, code, clock)


def test_a_person_has_at_most_twenty_methods(alice, clock):
    for n in range(20):
        contacts.set_contact_method(
            user=alice, kind="sms", address=f"+141555502{n:02}", by=APPLY, now=clock()
        )
    with pytest.raises(Refused, match="20 contact methods"):
        add(alice, clock)
    verifying.remove(method=alice.contact_methods.first(), by=Actor.person(alice), now=clock())
    add(alice, clock)


@pytest.mark.parametrize(
    ("kind", "address", "seen"),
    [
        ("sms", ALICE_SMS, ALICE_SMS),
        ("email", ALICE_MAIL, ALICE_MAIL),
        ("chat", "tgram://123456:ABC-secret/42", "tgram://…"),
    ],
)
def test_an_address_that_is_a_key_is_not_shown_again(kind, address, seen):
    assert ContactMethod(kind=kind, address=address).shown == seen


def test_a_webhook_gets_its_code_signed_with_the_secret_that_was_shown(alice, clock, web):
    row = add(alice, clock, "webhook", f"{web.url}/secret-path")
    assert len(row.signing_secret) > 40
    dispatch.send_due(clock=clock)
    asked = web.expect_request()
    assert (asked.json["type"], asked.json["url"][-6:]) == ("code", "/reach")
    stamp = asked.headers["X-Watchbill-Timestamp"]
    proof = hmac.new(row.signing_secret.encode(), stamp.encode() + b"." + asked.body, hashlib.sha256)
    assert asked.headers["X-Watchbill-Signature"] == f"v1={proof.hexdigest()}"
    kept = Attempt.objects.get().body
    assert asked.json["code"] not in kept
    enter(row, asked.json["code"], clock)
    assert row.verified_at
    said = str(list(Entry.objects.values()))
    assert "secret-path" not in said
    assert row.signing_secret not in said


def test_a_webhook_that_is_added_again_has_a_new_secret(alice, clock, web):
    first = add(alice, clock, "webhook", f"{web.url}/x")
    clock.advance(minutes=1)
    again = add(alice, clock, "webhook", f"{web.url}/x")
    assert again.pk == first.pk
    assert again.signing_secret != first.signing_secret
    assert ContactMethod.objects.get().signing_secret == again.signing_secret


def test_a_chat_gets_its_code_in_words(alice, clock, web):
    row = add(alice, clock, "chat", f"ntfy://{web.host}:{web.port}/topic")
    dispatch.send_due(clock=clock)
    said = web.expect_request().json["message"]
    enter(row, said.split()[0], clock)
    assert row.verified_at
    assert row.signing_secret == ""


def test_codes_are_notices_that_no_report_of_pages_counts(alice, clock):
    add(alice, clock)
    row = Page.objects.get()
    assert is_code(row.cause)
    assert row.urgency == "info"


def test_who_has_left_is_sent_no_code(alice, clock, got):
    add(alice, clock)
    alice.is_active = False
    alice.save()
    dispatch.send_due(clock=clock)
    assert got() == []
