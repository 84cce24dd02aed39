"""A reply to our number at Telnyx is a reply like any other."""

import pytest

from paging.models import ContactMethod, Inbound
from tests.escalation.replies.conftest import ANA

URL = "/telnyx/sms"


@pytest.fixture
def paged(world, telnyx):
    """Ana was paged by Telnyx."""
    world.have_phone(world.ana, ANA, "sms")
    incident = world.alert()
    world.send()
    assert "Reply 1a ack" in telnyx.expect_sms(to=ANA, containing="disk is full").body
    return incident


@pytest.fixture
def reply(client, telnyx):
    def post(text, *, sender=ANA, **signing):
        return client.post(URL, **telnyx.reply(text, sender=sender, **signing)).status_code

    return post


def status(incident):
    incident.refresh_from_db()
    return incident.status


@pytest.mark.parametrize(
    ("said", "became", "answer"),
    [
        ("1a", "acknowledged", "Acknowledged #"),
        ("ack", "acknowledged", "disk is full."),
        ("1r", "resolved", "Resolved #"),
        ("hello", "triggered", "Not understood. Reply 1a to acknowledge"),
    ],
)
def test_it_is_done_as_if_a_button_was_pressed(world, paged, telnyx, reply, said, became, answer):
    assert reply(said) == 200
    assert status(paged) == became
    world.send()
    telnyx.expect_sms(to=ANA, containing=answer)
    if became == "acknowledged":
        assert "Ana Ruiz (by SMS): acknowledged; everyone's paging stops" in world.timeline(paged)


def test_the_answer_comes_from_the_number_that_was_written_to(world, paged, telnyx, reply, settings, request):
    """Twilio is asked first for a page; a conversation stays where it is."""
    request.getfixturevalue("phone")
    by = settings.SMS_CHANNELS
    settings.PAGING_CHANNELS = settings.PAGING_CHANNELS | {"sms": (by["twilio"], by["telnyx"])}
    reply("1a")
    world.send()
    telnyx.expect_sms(to=ANA, containing="Acknowledged")


def test_after_five_wrong_replies_no_answer_goes_back(world, paged, telnyx, reply):
    for number in range(8):
        reply(f"what {number}")
        world.send()
    for _ in range(5):
        telnyx.expect_sms(to=ANA, containing="Not understood")


def test_strangers_are_not_heard(paged, reply):
    assert reply("1a", sender="+14155550199") == 200
    assert status(paged) == "triggered"
    assert [row.outcome for row in Inbound.objects.all()] == ["stranger"]


def test_a_forged_reply_is_refused(world, paged, reply):
    assert reply("1a", at=world.now.timestamp() - 301) == 403
    assert status(paged) == "triggered"


def test_a_reply_that_is_posted_twice_is_heard_once(client, world, paged, telnyx):
    sent = telnyx.reply("1a", sender=ANA)
    assert [client.post(URL, **sent).status_code for _ in range(3)] == [200] * 3
    assert Inbound.objects.count() == 1
    world.send()
    telnyx.expect_sms(to=ANA, containing="Acknowledged")
    assert [line for line in world.timeline(paged) if "acknowledged;" in line] == [
        "Ana Ruiz (by SMS): acknowledged; everyone's paging stops"
    ]


def test_stop_ends_sms_to_the_phone_and_start_begins_them_again(world, paged, reply):
    reply("STOP")
    method = ContactMethod.objects.get(user=world.ana, kind="sms")
    assert method.disabled_reason.startswith("opted out")
    assert status(paged) == "triggered"
    reply("start")
    method.refresh_from_db()
    assert method.disabled_reason == ""


def test_a_receipt_that_came_to_the_wrong_address_acknowledges_nothing(client, paged, telnyx, world):
    event = telnyx.webhook(
        "message.finalized", {"direction": "outbound", "id": "1", "from": {"phone_number": ANA}, "text": "1a"}
    )
    assert client.post(URL, **event).status_code == 200
    assert status(paged) == "triggered"


@pytest.mark.parametrize(
    "odd",
    [
        {"direction": "outbound", "text": "1a"},
        {"from": None},
        {"from": "x"},
        {"text": 5},
        {"id": None},
        {"text": None},
    ],
)
def test_an_event_of_any_shape_is_taken(client, paged, telnyx, odd):
    payload = {"direction": "inbound", "id": "1", "from": {"phone_number": ANA}, "text": "hi"} | odd
    assert client.post(URL, **telnyx.webhook("message.received", payload)).status_code == 200
    assert status(paged) == "triggered"
