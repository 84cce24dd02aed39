"""Chat services and webhooks in a document: their addresses are keys, and wrong ones are found first."""

import pytest

from paging.models import ContactMethod
from tests.provisioning.organisations import NOW, SMALL, put, refused
from watchbill.provisioning.export import export
from watchbill.provisioning.telling import tell

pytestmark = pytest.mark.django_db

CHAT = "ntfys://ntfy.small.example/secret-topic"
HOOK = "https://hooks.small.example/secret-path"


def with_methods(*methods):
    listed = ", ".join(f'{{via: {via}, address: "{address}"}}' for via, address in methods)
    return SMALL.replace('phone: "+14155550101"', f"contact_methods: [{listed}]")


def test_a_chat_service_and_a_webhook_are_applied_exported_and_change_nothing_a_second_time():
    text = with_methods(("chat", CHAT), ("webhook", HOOK))
    put(text)
    kept = ContactMethod.objects.filter(user__username="ana", disabled_reason="")
    assert set(kept.values_list("kind", "address")) == {("chat", CHAT), ("webhook", HOOK)}
    secret = kept.get(kind="webhook").signing_secret
    assert put(text).changes == ()
    assert kept.get(kind="webhook").signing_secret == secret
    written = export(now=NOW)
    assert CHAT in written
    assert put(written).changes == ()
    assert secret not in written


def test_what_an_apply_says_shows_no_key():
    put(SMALL)
    said = "\n".join(tell(put(with_methods(("chat", CHAT), ("webhook", HOOK)))))
    assert "ntfys://…" in said
    assert "https://hooks.small.example/…" in said
    assert "secret" not in said


@pytest.mark.parametrize(
    ("via", "address", "sentence"),
    [
        ("chat", "file:///etc/passwd", "is no chat service"),
        ("chat", "ntfy://10.0.0.1/x", "WEBHOOK_PRIVATE_HOSTS"),
        ("webhook", "http://hooks.small.example/secret", "without encryption"),
        ("sms", "12", "is not a phone number"),
    ],
)
def test_an_address_that_reaches_nobody_is_said_with_its_place(via, address, sentence):
    (said,) = refused(with_methods(("email", "ana@small.example"), (via, address)))
    assert "users[0].contact_methods[1].address" in said
    assert sentence in said
    assert not ContactMethod.objects.exists()
