"""Every message and every attempt, as a manager reads, filters and searches them."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from paging.models import Attempt, ContactMethod, Notification

LIST = "/admin/paging/notification/"
OUTBOX = "/admin/paging/attempt/"


@pytest.fixture
def paged(world):
    incident = world.alert()
    world.tick()
    return incident


def text(answer):
    assert answer.status_code == 200
    return answer.content.decode()


def count(answer):
    assert answer.status_code == 200
    return answer.context["cl"].result_count


def test_each_says_what_it_is_about_and_what_became_of_it(mia, paged):
    Attempt.objects.update(cost=Decimal("0.0075"), currency="USD")
    said = text(mia.get(LIST))
    assert f'href="/incidents/{paged.pk}"' in said
    assert f"#{paged.pk} {paged.title}" in said
    for words in ("Every message that was to leave", "sent", "the provider took it", "outbox", "0.0075 USD"):
        assert words in said


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("urgency=high", True),
        ("urgency=low", False),
        ("urgency=info", False),
        ("urgency=nonsense", True),
        ("state__exact=sent", True),
        ("state__exact=failed", False),
        ("provider=outbox", True),
        ("provider=twilio", False),
        ("method__kind__exact=email", True),
        ("method__kind__exact=voice", False),
        ("q=disk", True),
        ("q=nothing-like-it", False),
        ("q=SM-42", True),
    ],
)
def test_they_are_found_by_urgency_state_provider_channel_title_and_the_provider_s_id(
    mia, paged, asked, found
):
    Attempt.objects.update(provider_id="SM-42")
    assert count(mia.get(f"{LIST}?{asked}")) == found


def test_they_are_found_by_person(mia, world, paged):
    world.wait(minutes=6)  # Bo is asked, too
    world.tick()
    assert count(mia.get(LIST)) == 2
    for user in (world.ana, world.bo):
        answer = mia.get(f"{LIST}?page__user__id__exact={user.pk}")
        assert [row.page.user for row in answer.context["cl"].result_list] == [user]


@pytest.mark.parametrize("page", [LIST, OUTBOX, "/admin/people/user/"])
def test_a_list_of_many_asks_no_more_than_one_of_few(mia, world, paged, page):
    before = queries(mia, page)
    for key in ("cpu", "net", "ram"):
        world.alert(key)
        world.person(key, key)
    world.tick()
    assert queries(mia, page) == before


def queries(browser, page):
    with CaptureQueriesContext(connection) as asked:
        text(browser.get(page))
    return len(asked)


def test_what_another_message_says_leads_to_it_and_back(mia, world, paged):
    other = world.alert("cpu")
    world.tick()
    first, second = Notification.objects.order_by("pk")
    Notification.objects.filter(pk=second.pk).update(state="bundled", bundled_into=first)
    assert f'href="{page_of(first)}"' in text(mia.get(page_of(second)))
    assert f"#{other.pk} {other.title}" in text(mia.get(page_of(first)))


def page_of(row):
    return f"{LIST}{row.pk}/change/"


def test_a_page_shows_each_attempt_with_its_error_and_the_provider_s_id(mia, paged):
    row = Notification.objects.get()
    Attempt.objects.create(
        notification=row,
        at=row.due_at,
        provider="twilio",
        accepted=False,
        error="Twilio 30007: spam",
        body="x",
    )
    Attempt.objects.filter(provider="outbox").update(provider_id="SM-42")
    said = text(mia.get(page_of(row)))
    assert "Twilio 30007: spam" in said
    assert "SM-42" in said


def test_an_attempt_says_what_it_cost_and_leads_to_what_became_of_it(mia, paged):
    Attempt.objects.update(cost=Decimal("0.0075"), currency="USD", body="<b>disk</b>", subject="")
    row = Attempt.objects.get()
    assert "0.0075 USD" in text(mia.get(OUTBOX))
    said = text(mia.get(f"{OUTBOX}{row.pk}/change/"))
    assert f'href="{page_of(row.notification)}"' in said
    assert "&lt;b&gt;disk&lt;/b&gt;" in said


@pytest.mark.parametrize("page", [LIST, OUTBOX])
def test_they_are_found_by_an_address_that_is_no_key(mia, paged, page):
    assert count(mia.get(page, {"q": "ana@example.com"})) == 1
    ContactMethod.objects.filter(address="ana@example.com").update(
        kind="chat", address="ntfys://ntfy.example/s3cret"
    )
    assert count(mia.get(page, {"q": "s3cret"})) == 0
