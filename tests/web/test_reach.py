"""How I am reached, on its page: methods, rules as a plain form, the drawing, the test page."""

import json
import re

import pytest
import time_machine
from django.test import Client

from paging import dispatch
from paging.actions import contacts
from paging.models import Attempt, ContactMethod, Notification, NotificationRule, Page, Verification
from people.ledger.models import Entry
from tests.world import TESTS, World

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = "+14155550131"


@pytest.fixture
def world(transactional_db):
    world = World()
    with time_machine.travel(world.now, tick=False):
        yield world


def browser(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(user, **query):
    answer = browser(user).get("/reach", query)
    assert answer.status_code == 200
    return answer.content.decode()


def post(user, path, /, **fields):
    return browser(user).post(f"/reach{path}", fields, follow=True)


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def add(user, kind="sms", address=NUMBER):
    answer = post(user, "/add", kind=kind, address=address)
    return answer, user.contact_methods.order_by("-pk").first()


def code(world, capsys):
    capsys.readouterr()
    dispatch.send_due(clock=lambda: world.now)
    (line,) = [one for one in capsys.readouterr().out.splitlines() if "is your code" in one]
    return json.loads(line)["outbox"]["text"].split()[0]


def test_a_number_is_added_waits_for_its_code_and_is_verified(world, capsys):
    answer, method = add(world.bo, address="+1 (415) 555-0131")
    assert "A code is on its way" in text(answer)
    assert "Waiting for its code" in text(answer)
    entered = post(world.bo, f"/{method.pk}/verify", code=code(world, capsys))
    assert "Verified: you can be paged by it." in text(entered)
    assert ContactMethod.objects.get(pk=method.pk).verified_at == world.now
    assert Entry.objects.latest("pk").actor_name == "Bo Lind (web)"


def test_the_secret_of_a_webhook_is_shown_once_and_its_address_not_again(world, web):
    answer, method = add(world.bo, "webhook", f"{web.url}/secret-path")
    assert method.signing_secret in text(answer)
    assert "this secret is not shown again" in text(answer)
    assert method.signing_secret not in page(world.bo)
    assert "secret-path" not in page(world.bo)


def test_the_page_says_what_became_of_the_code(world, phone):
    phone.fail_next(status=400, code=21211)
    add(world.bo)
    assert "A code is on its way" in page(world.bo)
    dispatch.send_due(clock=lambda: world.now)
    assert "The code could not be sent: Twilio 21211" in page(world.bo)


def test_without_a_provider_the_page_says_where_the_code_stands(world):
    add(world.bo)
    assert "it stands in the output of the server" in page(world.bo)


def test_the_code_itself_is_on_no_page(world, capsys):
    _, method = add(world.bo)
    sent = code(world, capsys)
    assert sent not in page(world.bo)
    assert sent not in "".join(Attempt.objects.values_list("body", flat=True))
    assert method.verified_at is None


def test_a_wrong_code_is_said_and_the_fifth_locks(world, capsys):
    _, method = add(world.bo)
    right = code(world, capsys)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    said = [text(post(world.bo, f"/{method.pk}/verify", code=wrong)) for _ in range(5)]
    assert "4 more tries" in said[0]
    assert "locked; ask for a new code in 15 min" in said[4]
    assert "locked" in text(post(world.bo, f"/{method.pk}/verify", code=right))
    assert Verification.objects.get().wrong == 5


def test_one_s_own_methods_are_removed_and_come_back_with_a_code(world, capsys):
    method = world.bo.contact_methods.get()
    assert "You are no longer paged by it." in text(post(world.bo, f"/{method.pk}/remove"))
    assert "Nobody can page you: add a number." in page(world.bo)
    assert "Removed by Bo Lind" in page(world.bo)
    assert "Use it again" in page(world.bo)
    post(world.bo, f"/{method.pk}/code")
    assert "A code is on its way" in page(world.bo)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("opted out by STOP", "Send START to the number"),
        ("the number does not exist", "Disabled, because the number does not exist."),
    ],
)
def test_a_method_that_was_lost_says_why(world, reason, said):
    method = world.bo.contact_methods.get()
    contacts.disable_contact_method(method=method, reason=reason, by=TESTS, now=world.now)
    assert said in page(world.bo)


def test_nobody_touches_the_methods_of_another(world):
    method = world.bo.contact_methods.get()
    for user in (world.ana, world.mia):
        for action in ("code", "verify", "remove"):
            assert post(user, f"/{method.pk}/{action}", code="123456").status_code == 404
        assert method.address not in page(user)
    assert ContactMethod.objects.get(pk=method.pk).disabled_reason == ""


def test_a_shared_number_is_said_without_a_name(world):
    for user in (world.ana, world.bo):
        contacts.set_contact_method(user=user, kind="sms", address=NUMBER, by=TESTS, now=world.now)
    said = page(world.bo)
    assert "another person is paged at it, too" in said
    assert "Ana" not in said


@pytest.mark.parametrize(
    ("kind", "address", "sentence"),
    [
        ("sms", "4155550131", "with its country"),
        ("sms", "", "with its country"),
        ("sms", "\x00", "with its country"),
        ("sms", "1" * 10_000, "with its country"),
        ("email", "alice", "is not an email address"),
        ("email", "a@b.example\r\nBcc: c@d.example", "is not an email address"),
        ("pigeon", "coop 4", "is no kind of contact method"),
        ("", NUMBER, "is no kind of contact method"),
        ("\x00", "\x00", "is no kind of contact method"),
    ],
)
def test_what_reaches_nobody_is_refused_and_stays_on_the_form(world, kind, address, sentence):
    answer, _ = add(world.bo, kind, address)
    assert answer.status_code == 400
    assert sentence in text(answer)
    assert ContactMethod.objects.filter(user=world.bo).count() == 1


def test_what_was_typed_stays_on_the_form(world):
    answer, _ = add(world.bo, "voice", "<12>")
    assert 'value="&lt;12&gt;"' in answer.content.decode()
    assert '<option value="voice" selected>' in answer.content.decode()


def rules(user, urgency="high"):
    rows = NotificationRule.objects.filter(user=user, urgency=urgency).order_by("after", "via")
    return [(row.via, row.after.total_seconds()) for row in rows]


FORM = {
    "high-via": ["sms", "voice", ""],
    "high-after": ["0", "1.5", "7"],
    "low-via": ["email"],
    "low-after": [""],
}


def test_rules_are_saved_from_a_plain_form_and_an_empty_row_is_none(world):
    answer = post(world.bo, "", act="save", **FORM)
    assert "Saved. This is how you will be paged." in text(answer)
    assert rules(world.bo) == [("sms", 0), ("voice", 90)]
    assert rules(world.bo, "low") == [("email", 0)]
    assert 'name="high-after" value="1.5"' in page(world.bo)
    assert 'id="unsaved" hidden>' in page(world.bo)
    verbs = Entry.objects.filter(verb="notification_rules.changed", actor_name="Bo Lind (web)")
    assert verbs.count() == 2


def test_a_form_sent_by_the_return_key_saves(world):
    post(world.bo, "", **FORM)
    assert rules(world.bo) == [("sms", 0), ("voice", 90)]


@pytest.mark.parametrize(
    ("act", "shown"),
    [
        ("add:high", ["sms", "voice", "", ""]),
        ("remove:high:0", ["voice", ""]),
        ("remove:high:99", ["sms", "voice", ""]),
        ("preset:ring", ["sms", "email", "voice"]),
        ("preset:all", []),
        ("look", ["sms", "voice", ""]),
    ],
)
def test_a_row_is_added_or_removed_and_nothing_saved(world, act, shown):
    answer = post(world.bo, "", act=act, **FORM)
    said = answer.content.decode()
    rows = re.findall(r'<select name="high-via".*?</select>', said, re.DOTALL)
    chosen = [re.search(r'value="(\w+)" selected', row) for row in rows]
    assert [one[1] if one else "" for one in chosen] == shown
    assert 'id="unsaved">Not saved yet.' in said
    assert not NotificationRule.objects.exists()


@pytest.mark.parametrize(
    ("via", "after", "sentence"),
    [
        ("sms", "soon", "no number of minutes"),
        ("sms", "-1", "no number of minutes"),
        ("sms", "\x00", "no number of minutes"),
        ("sms", "9" * 10_000, "no number of minutes"),
        ("sms", "1441", "more than a day"),
        ("pigeon", "0", "no kind of contact method"),
        ("\x00", "0", "no kind of contact method"),
    ],
)
def test_a_rule_that_makes_no_sense_is_said_and_the_old_ones_stay(world, via, after, sentence):
    post(world.bo, "", **FORM)
    answer = post(world.bo, "", **{"act": "save", "high-via": [via], "high-after": [after]})
    assert answer.status_code == 400
    assert sentence in text(answer)
    assert rules(world.bo) == [("sms", 0), ("voice", 90)]


def test_more_rules_than_twenty_are_refused(world):
    many = {"high-via": ["sms"] * 400, "high-after": [str(n) for n in range(400)]}
    answer = post(world.bo, "", act="save", **many)
    assert answer.status_code == 400
    assert "rules are too many; write at most 20" in text(answer)
    assert not NotificationRule.objects.exists()


def test_the_drawing_follows_what_is_on_the_form_before_it_is_saved(world):
    contacts.set_contact_method(user=world.bo, kind="voice", address=NUMBER, by=TESTS, now=world.now)
    fields = {"high-via": ["email", "voice"], "high-after": ["0", "3"]}
    drawn = text(post(world.bo, "/preview", **fields))
    high, low = drawn.split("Low urgency")
    assert "at once Email bo@example.com" in high
    assert f"after 3 min Voice {NUMBER}" in high
    assert "at once Email bo@example.com" in low
    assert "Voice" not in low
    assert not NotificationRule.objects.exists()


def test_the_drawing_says_what_a_rule_asks_for_in_vain(world):
    drawn = text(post(world.bo, "/preview", **{"high-via": ["sms"], "high-after": ["0"]}))
    assert "A rule asks for SMS, and you have none that is verified." in drawn
    assert "at once Email bo@example.com" in drawn


def test_who_has_no_usable_method_sees_that_nobody_can_page_them(world):
    contacts.disable_contact_method(
        method=world.bo.contact_methods.get(), reason="gone", by=TESTS, now=world.now
    )
    assert page(world.bo).count("Nobody can page you: add a number.") == 3
    assert "Nobody can page you" in browser(world.bo).get("/").content.decode()
    assert "Nobody can page you" not in browser(world.ana).get("/").content.decode()


def test_what_is_wanting_stands_on_top(world):
    said = re.sub(r"\s+", " ", page(world.bo))
    assert "Only email at high urgency: nothing rings." in said
    assert "No test page in 90 days." in said


def test_a_test_page_is_sent_shown_state_by_state_and_answered_by_its_link(world):
    contacts.set_contact_method(user=world.bo, kind="sms", address=NUMBER, by=TESTS, now=world.now)
    post(world.bo, "", **{"high-via": ["sms", "email"], "high-after": ["0", "2"]})
    answer = post(world.bo, "/test", urgency="high")
    assert "Waiting for its time" in text(answer)
    dispatch.send_due(clock=lambda: world.now)
    shown = text(browser(world.bo).get("/reach/test"))
    assert f"SMS {NUMBER} The provider took it" in shown
    assert "Email bo@example.com Waiting for its time" in shown
    link = re.search(r"/p/\S+", Attempt.objects.get().body)[0]
    for get in (Client().get, Client().head):
        assert get(link).status_code == 200
    opened = text(Client().get(link))
    assert "It works: you would have been paged" in opened
    assert Notification.objects.filter(state="pending").count() == 1  # opening does nothing
    assert "You answered at" in text(Client().post(link, {"action": "acknowledge"}))
    shown = text(browser(world.bo).get("/reach/test"))
    assert "Stopped before it left: answered by Bo Lind (link)" in shown
    assert "It works: you would have been paged" in shown


def test_a_test_page_waits_a_minute_and_needs_a_method(world):
    post(world.bo, "/test", urgency="high")
    assert "send the next one in 60 s" in text(post(world.bo, "/test", urgency="high"))
    assert Page.objects.filter(cause=f"test:{world.bo.pk}").count() == 1
    world.mia.contact_methods.update(disabled_reason="gone")
    assert "Nobody can page you: add a number or an email" in text(post(world.mia, "/test", urgency="high"))


def test_a_test_page_opens_no_incident_and_ends_by_hand(world):
    post(world.bo, "", **{"high-via": ["email"], "high-after": ["5"]})
    post(world.bo, "/test", urgency="high")
    assert "It reached me, stop it" in page(world.bo)
    post(world.bo, "/test/end")
    assert Notification.objects.get().state == "suppressed"


def test_the_link_in_a_mail_verifies_on_post_only(world, capsys):
    _, method = add(world.bo, "email", "bo@elsewhere.example")
    capsys.readouterr()
    dispatch.send_due(clock=lambda: world.now)
    link = re.search(r"/verify/[\w.\-]+", capsys.readouterr().out)[0]
    stranger = Client(enforce_csrf_checks=True)
    assert "Page Bo Lind at b…@elsewhere.example?" in text(stranger.get(link))
    method.refresh_from_db()
    assert method.verified_at is None
    answer = stranger.post(link)
    assert "can now be paged" in text(answer)
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    method.refresh_from_db()
    assert method.verified_at == world.now
    assert stranger.get(link[:-1] + "!").status_code == 403


@pytest.mark.parametrize(
    "token", ["%00", "x" * 4000, "1.2.3", "%F0%28%8C%28", "99.1xX8kj.lwTq4mncMIgUdFfemD0EjE"]
)
def test_a_link_that_is_not_ours_opens_nothing(world, token):
    for method in (Client().get, Client().post):
        assert method(f"/verify/{token}").status_code == 403


def test_a_link_that_is_too_old_verifies_nothing(world, capsys):
    _, method = add(world.bo, "email", "bo@elsewhere.example")
    capsys.readouterr()
    dispatch.send_due(clock=lambda: world.now)
    link = re.search(r"/verify/[\w.\-]+", capsys.readouterr().out)[0]
    with time_machine.travel(world.now.replace(minute=15), tick=False):
        answer = Client().post(link)
    assert answer.status_code == 410
    assert "ask for a new one" in text(answer)
    method.refresh_from_db()
    assert method.verified_at is None


@pytest.mark.parametrize(
    "path", ["", "/add", "/preview", "/test", "/test/end", "/1/code", "/1/verify", "/1/remove"]
)
def test_every_form_asks_for_its_token_and_a_login(world, path):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.bo, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(f"/reach{path}", {}).status_code == 403
    answer = Client().post(f"/reach{path}", {})
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login/")


def test_only_this_page_runs_a_script_and_only_ours(world):
    policy = browser(world.bo).get("/reach").headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in browser(world.bo).get("/").headers["Content-Security-Policy"]
