"""What a manager may search, and what no search gives away."""

import pytest

from paging.actions import contacts
from paging.models import Attempt, ContactMethod, Notification
from tests.world import TESTS

LISTS = ("/admin/paging/notification/", "/admin/paging/attempt/")
CHAT = "ntfys://ntfy.example/s3cret-topic"
HOOK = "https://hooks.acme.example/s3cret-path"


@pytest.fixture
def paged(world):
    """Ana, by mail; what was sent is then said to have gone by chat and by a webhook, too."""
    world.alert()
    world.tick()
    first = Notification.objects.exclude(page__urgency="info").get()
    for kind, address in (("chat", CHAT), ("webhook", HOOK)):
        method = ContactMethod.objects.create(
            user=world.ana, kind=kind, address=address, verified_at=world.now
        )
        row = Notification.objects.create(
            page=first.page, method=method, due_at=world.now, created_at=world.now, state="sent"
        )
        Attempt.objects.create(notification=row, at=world.now, provider="x", accepted=True, body="said")


def found(browser, address, words):
    answer = browser.get(address, {"q": words})
    assert answer.status_code == 200
    return answer.context["cl"].result_count


@pytest.mark.parametrize("address", LISTS)
@pytest.mark.parametrize("words", ["s3cret", "ntfys", "ntfy.example/s", "hooks.acme", CHAT, HOOK])
def test_an_address_that_is_a_key_is_not_found_by_any_part_of_it(mia, root, paged, address, words):
    assert found(mia, address, words) == found(root, address, words) == 0


@pytest.mark.parametrize("address", LISTS)
def test_a_mailbox_or_a_number_is_found_and_so_is_a_person(mia, world, paged, address):
    contacts.set_contact_method(user=world.ana, kind="sms", address="+14155550177", by=TESTS, now=world.now)
    assert found(mia, address, "ana@example.com") == 1
    assert found(mia, address, "ana") == 3
    assert found(mia, address, "+14155550177") == 0


@pytest.mark.parametrize(
    ("address", "question"),
    [
        ("/admin/paging/notification/", "method__address__startswith=n"),
        ("/admin/paging/attempt/", "notification__method__address__startswith=n"),
        ("/admin/paging/attempt/", "notification__method__signing_secret__startswith=n"),
        ("/admin/people/user/", "contact_methods__address__startswith=n"),
        ("/admin/people/user/", "password__startswith=p"),
    ],
)
def test_no_filter_of_an_address_asks_for_a_secret(mia, paged, address, question):
    answer = mia.get(f"{address}?{question}")
    assert answer.status_code in {302, 400}
