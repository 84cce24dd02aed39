"""The address of a chat service or a webhook is a key: the admin takes it, and shows it no more."""

import pytest

from paging.models import ContactMethod
from people.models import User
from tests.admin.filled import filled
from tests.admin.test_people import METHOD, NEW, page_of, text

CHAT = "ntfys://ntfy.acme.example/secret-topic"
HOOK = "https://hooks.acme.example/secret-path"


def reached_by(mia, kind, address):
    given = {"contact_methods-0-kind": kind, "contact_methods-0-address": address}
    return mia.post(NEW, filled(mia.get(NEW), username="eve", name="Eve", **METHOD, **given), follow=True)


@pytest.mark.parametrize(("kind", "address"), [("chat", CHAT), ("webhook", HOOK)])
def test_what_was_entered_is_not_shown_and_saving_the_page_keeps_it(mia, kind, address):
    reached_by(mia, kind, address)
    eve = User.objects.get(username="eve")
    shown = mia.get(page_of(eve))
    assert "secret-" not in text(shown)
    assert "…" in text(shown)
    mia.post(page_of(eve), filled(shown, name="Eve Hart"))
    method = eve.contact_methods.get()
    assert (method.address, method.disabled_reason) == (address, "")
    data = filled(mia.get(page_of(eve)))
    del data["contact_methods-0-used"]
    mia.post(page_of(eve), data)
    method.refresh_from_db()
    assert (method.address, method.disabled_reason) == (address, "switched off by Mia Falk")


def test_the_secret_of_a_webhook_is_shown_once(mia):
    answer = reached_by(mia, "webhook", HOOK)
    secret = ContactMethod.objects.get(kind="webhook").signing_secret
    assert secret in text(answer)
    page = page_of(User.objects.get(username="eve"))
    assert secret not in text(mia.get(page))
    assert secret not in text(mia.post(page, filled(mia.get(page), name="Eve H"), follow=True))


@pytest.mark.parametrize(("kind", "address"), [("chat", "syslog://"), ("webhook", "https://127.0.0.1/")])
def test_what_stays_inside_is_refused_on_the_form(mia, kind, address):
    answer = reached_by(mia, kind, address)
    assert not User.objects.filter(username="eve").exists()
    assert "write" in text(answer) or "WEBHOOK_PRIVATE_HOSTS" in text(answer)
