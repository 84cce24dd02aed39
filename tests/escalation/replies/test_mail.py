"""People answer a page by mail, and it is done as if they had pressed a button; nothing else is."""

from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from escalation.replies import mail as replies
from paging.links import read_reply_address, reply_address
from paging.models import ContactMethod, Inbound, Notification
from tests.escalation.replies.conftest import Company
from tests.escalation.replies.test_sms import elsewhere, other_service
from tests.fakes.mail_provider import SECRET, SHAPES, FakeMailProvider, written

ANA, BO = "ana@example.com", "bo@example.com"
URL = "/mail/replies"
FLOOD = 25  # mails at once that become one


@pytest.fixture
def provider(settings):
    made = FakeMailProvider()
    settings.MAIL_REPLIES = made.settings
    return made


@pytest.fixture
def world(world: Company, mailbox, provider):
    return world


@pytest.fixture
def paged(world):
    incident = world.alert()
    world.send()
    return incident


@pytest.fixture
def page(paged, mailbox):
    """The mail that Ana got."""
    return mailbox.expect_mail(to=ANA, containing="disk is full")


def status(incident):
    incident.refresh_from_db()
    return incident.status


def answer(world, mailbox, to=ANA):
    world.send()
    return mailbox.expect_mail(to=to).subject.strip()  # a long one is folded after “Subject:”


def heard():
    return Inbound.objects.latest("pk")


@pytest.mark.parametrize(
    "said", ["ack", "Ack.", "a", "acknowledged", "\n\n  ack  ", "“ACK”", "\ufeffack\u200b"]
)
def test_an_acknowledgement_stops_everyones_paging(world, mailbox, provider, paged, page, said):
    assert provider.reply(page, said).status_code == 200
    assert status(paged) == "acknowledged"
    assert paged.acknowledged_by == world.ana
    assert "Ana Ruiz (by mail): acknowledged; everyone's paging stops" in world.timeline(paged)
    assert answer(world, mailbox) == f"Acknowledged #{paged.pk} disk is full."
    world.wait(minutes=20)
    assert {user for _, user, _ in world.sent()} == {"ana"}


@pytest.mark.parametrize("said", ["resolve", "r", "close", "Resolved!"])
def test_a_reply_resolves(world, mailbox, provider, paged, page, said):
    provider.reply(page, said)
    assert (status(paged), paged.resolved_by) == ("resolved", world.ana)
    assert answer(world, mailbox) == f"Resolved #{paged.pk} disk is full."


def test_a_reply_escalates(world, mailbox, provider, paged, page):
    provider.reply(page, "escalate")
    world.send()
    mailbox.expect_mail(to=BO, containing="disk is full")
    mailbox.expect_mail(to=ANA, subject="Escalated")


@pytest.mark.parametrize("said", ["{}a", "ack #{}", "{}aa", "#{} ack"])
def test_an_incident_is_named_by_the_number_that_stands_in_its_mail(
    world, mailbox, provider, paged, page, said
):
    world.wait(minutes=1)
    world.alert("cpu")
    world.send()
    later = mailbox.expect_mail(to=ANA, containing="cpu is full")
    assert f"(#{paged.pk})" in page.subject
    provider.reply(later, said.format(paged.pk))
    assert status(paged) == "acknowledged"
    answer(world, mailbox)


def test_a_number_of_an_incident_that_one_was_not_paged_about_does_nothing(world, mailbox, provider, page):
    Notification.objects.filter(method__user=world.bo).delete()
    unseen = world.alert("cpu")  # no message has left
    provider.reply(page, f"{unseen.pk}r")
    assert status(unseen) == "triggered"
    assert "was sent to you" in heard().answer
    world.send()
    mailbox.expect_mail(to=ANA, containing="cpu is full")
    mailbox.expect_mail(to=ANA, subject=f"No page about #{unseen.pk} was sent to you.")


def test_ack_all_acknowledges_all_one_was_paged_about(world, mailbox, provider, paged, page):
    key = other_service(world)
    world.wait(minutes=1)
    other = elsewhere(world, key)
    mailbox.expect_mail(to=ANA, containing="disk is full")
    provider.reply(page, "ack all")
    assert (status(paged), status(other)) == ("acknowledged", "acknowledged")
    assert answer(world, mailbox) == f"Acknowledged 2: #{paged.pk}, #{other.pk}."


def test_a_mail_that_says_many_is_acknowledged_for_all_of_them(world, mailbox, provider):
    found = [world.alert(f"disk{number}") for number in range(FLOOD)]
    world.send()
    mail = mailbox.expect_mail(to=ANA, subject=f"{FLOOD} unacked alerts")
    assert "Or answer this mail: ack, in the first line, acknowledges them all." in mail.body()
    provider.reply(mail, "resolve")
    assert {status(one) for one in found} == {"triggered"}
    assert answer(world, mailbox).startswith("That mail speaks of several incidents.")
    provider.reply(mail, f"resolve #{found[1].pk}")
    assert [status(one) for one in found[:3]] == ["triggered", "resolved", "triggered"]
    answer(world, mailbox)
    provider.reply(mail, "ack")
    assert answer(world, mailbox).startswith(f"Acknowledged {FLOOD - 1}: ")
    assert {status(one) for one in found} == {"acknowledged", "resolved"}


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_every_providers_post_is_understood(world, mailbox, settings, name):
    provider = FakeMailProvider(name)
    settings.MAIL_REPLIES = provider.settings
    incident = world.alert()
    world.send()
    mail = mailbox.expect_mail(to=ANA)
    assert provider.reply(mail, "ack", secret="another-secret-0123").status_code == 403
    assert provider.reply(mail, "ack", headers={"Auto-Submitted": "auto-replied"}).status_code == 200
    assert provider.reply(mail, "ack", envelope_sender="").status_code == 200
    assert status(incident) == "triggered"
    assert provider.reply(mail, "ack").status_code == 200
    assert status(incident) == "acknowledged"
    assert heard().provider == name
    answer(world, mailbox)


def test_a_plus_address_of_a_mailbox_does_too(world, mailbox, settings):
    provider = FakeMailProvider("postmark", at="0123456789abcdef0123456789abcdef@inbound.example")
    settings.MAIL_REPLIES = provider.settings
    incident = world.alert()
    world.send()
    mail = mailbox.expect_mail(to=ANA)
    local, _, domain = str(mail.message["Reply-To"]).rpartition("@")
    assert (local.partition("+")[0], domain) == ("0123456789abcdef0123456789abcdef", "inbound.example")
    assert len(local) <= 64
    provider.reply(mail, "ack", headers={"To": f"{local.upper()}@{domain}"})  # mail servers fold the case
    assert status(incident) == "acknowledged"
    answer(world, mailbox)


@pytest.mark.parametrize("sender", [BO, "eve@evil.example", "ana@example.com.evil.example", "Ana <x@evil>"])
def test_the_address_alone_is_no_proof_of_who_writes(world, provider, paged, page, sender):
    """Bo got the mail forwarded, with its address in it."""
    assert provider.reply(page, "ack", sender=sender).status_code == 200
    assert status(paged) == "triggered"
    row = heard()
    assert (row.outcome, row.user, row.answer) == ("stranger", None, "")
    assert BO not in row.sender
    world.send()  # and nobody is answered


def test_the_sender_alone_is_no_proof_of_who_writes(world, provider, paged, page):
    """Anybody can write that From; the signed address stands in one mail only."""
    right = str(page.message["Reply-To"])
    number, _, signature = right.partition("@")[0].partition(".")
    for forged in (
        f"{number}@reply.acme.example",
        f"{number}.{'a' * 20}@reply.acme.example",
        f"{int(number) + 1}.{signature}@reply.acme.example",
        f"{number}.{signature}@evil.example",
        right.replace(".", "", 1),
    ):
        assert provider.reply(page, "ack", headers={"To": forged}).status_code == 200
    assert status(paged) == "triggered"
    world.send()


def test_from_two_senders_is_from_none(world, settings, paged, page):
    provider = FakeMailProvider("sparkpost")
    settings.MAIL_REPLIES = provider.settings
    provider.reply(page, "ack", sender=f"{ANA}, {BO}")
    assert status(paged) == "triggered"


def test_another_address_at_which_the_person_is_paged_does(world, mailbox, provider, paged, page):
    method = ContactMethod.objects.create(
        user=world.ana, kind="email", address="Ana@Home.example", verified_at=world.now
    )
    method.verified_at = None
    method.save()
    provider.reply(page, "ack", sender="ana@home.example")
    assert status(paged) == "triggered"
    method.verified_at = world.now
    method.save()
    provider.reply(page, "ack", sender="ana@home.example")
    assert status(paged) == "acknowledged"
    assert answer(world, mailbox, to="Ana@Home.example").startswith("Acknowledged")


def test_who_has_left_is_a_stranger(world, provider, paged, page):
    type(world.ana).objects.filter(pk=world.ana.pk).update(is_active=False)
    provider.reply(page, "ack")
    assert status(paged) == "triggered"


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Auto-Submitted": "auto-generated; owner-email=x"},
        {"Precedence": "bulk"},
        {"Precedence": "Auto_Reply"},
        {"X-Autoreply": "yes"},
        {"X-Auto-Response-Suppress": "All"},
        {"List-Id": "<team.acme.example>"},
        {"X-Failed-Recipients": "ana@example.com"},
    ],
)
def test_no_program_acknowledges(world, provider, paged, page, headers):
    """“Acknowledged” is what many a ticket system answers by itself."""
    assert provider.reply(page, "Acknowledged", headers=headers).status_code == 200
    assert status(paged) == "triggered"
    assert (heard().outcome, heard().user, heard().answer) == ("machine", world.ana, "")
    world.send()  # and it is not answered, or two programs would write to each other for ever


def test_a_person_who_says_that_no_program_wrote_it_is_heard(world, mailbox, provider, paged, page):
    provider.reply(page, "ack", headers={"Auto-Submitted": "no", "Precedence": "normal"})
    assert status(paged) == "acknowledged"
    answer(world, mailbox)


@pytest.mark.parametrize("path", ["", "<>"])
def test_a_bounce_acknowledges_nothing(world, provider, paged, page, path):
    provider.reply(page, "ack", envelope_sender=path)
    assert status(paged) == "triggered"
    assert heard().outcome == "machine"


def test_a_receipt_for_reading_acknowledges_nothing(world, provider, paged, page, settings):
    provider = FakeMailProvider("sparkpost")
    settings.MAIL_REPLIES = provider.settings
    mail = written(page, "ack", sender=ANA, headers={})
    mail.make_mixed()
    mail.set_type("multipart/report")
    provider.post(mail)
    assert status(paged) == "triggered"
    assert heard().outcome == "machine"


@pytest.mark.parametrize(
    "said",
    [
        "",
        "I'm on the train\n\nack",
        "Thanks!\nack",
        "> ack\nack",
        "On Monday Ana wrote:\nack",
        "-----Original Message-----\nack",
        "Do not ack",
        "STOP",
        "yes",
    ],
)
def test_only_the_first_line_is_read(world, mailbox, provider, paged, page, said):
    """Whatever stands further down, such as what is quoted, is not what somebody answers."""
    provider.reply(page, said)
    assert status(paged) == "triggered"
    assert answer(world, mailbox).startswith("Not understood. Write ack, resolve or escalate")


@pytest.mark.parametrize(
    ("html", "became"),
    [
        ("<div>ack</div><blockquote>resolve</blockquote>", "acknowledged"),
        (
            "<html><head><style>p{}</style><title>t</title></head><body><p><b>a</b>ck</p></body>",
            "acknowledged",
        ),
        ("<blockquote>ack</blockquote>", "triggered"),
        ("<p>Hello</p><p>ack</p>", "triggered"),
        ("<!-- ack --><![if x]><p>r</p>", "resolved"),
        ("<![bad ack", "triggered"),
        (" ", "triggered"),
    ],
)
def test_a_mail_that_is_html_only_is_read_as_well(world, mailbox, provider, paged, page, html, became):
    provider.reply(page, None, html=html)
    assert status(paged) == became
    answer(world, mailbox)


def test_a_mail_that_is_attached_is_not_read(world, mailbox, settings, paged, page):
    provider = FakeMailProvider("sparkpost")
    settings.MAIL_REPLIES = provider.settings
    mail = written(page, None, html="<p>Look at this</p>", sender=ANA, headers={})
    mail.add_attachment(written(page, "ack", sender=ANA, headers={}))
    mail.add_attachment("ack", filename="ack.txt")
    provider.post(mail)
    assert status(paged) == "triggered"
    answer(world, mailbox)


def test_what_is_attached_is_kept_nowhere(world, mailbox, settings, paged, page):
    provider = FakeMailProvider("mailgun")
    settings.MAIL_REPLIES = provider.settings
    mail = written(page, "ack", sender=ANA, headers={})
    shaped = SHAPES["mailgun"](mail, ANA, str(page.message["Reply-To"]), SECRET)
    picture = SimpleUploadedFile("logo.png", b"\x89PNG" + bytes(300_000), "image/png")
    shaped["data"] |= {"attachment-count": "1", "attachment-1": picture}
    assert provider.post_as_it_is(**shaped).status_code == 200
    assert status(paged) == "acknowledged"
    answer(world, mailbox)


def test_a_mail_that_is_posted_twice_acts_once_and_is_answered_once(world, mailbox, provider, paged, page):
    mail = written(page, "escalate", sender=ANA, headers={})
    assert [provider.post(mail).status_code for _ in range(3)] == [200] * 3
    world.send()
    mailbox.expect_mail(to=BO, containing="disk is full")
    mailbox.expect_mail(to=ANA, subject="Escalated")
    assert sum("escalated by hand" in line for line in world.timeline(paged)) == 1


def test_nobody_else_uses_up_the_name_of_a_mail(world, mailbox, provider, paged, page):
    """A mail without a Message-ID is known by what it says; another's of the same words is another."""
    for sender in ("eve@evil.example", ANA):
        mail = written(page, "ack", sender=sender, headers={})
        del mail["Message-ID"]
        shaped = SHAPES["postmark"](mail, sender, str(page.message["Reply-To"]), SECRET)
        del shaped["data"]["MessageID"]
        assert provider.post_as_it_is(**shaped).status_code == 200
    assert status(paged) == "acknowledged"
    answer(world, mailbox)


@pytest.mark.parametrize("charset", ["idna", "rot13", "x-none", "utf-16"])
def test_a_charset_that_is_none_breaks_nothing(world, mailbox, settings, paged, page, charset):
    provider = FakeMailProvider("sparkpost")
    settings.MAIL_REPLIES = provider.settings
    mail = written(page, "ack", sender=ANA, headers={})
    mail.replace_header("Content-Type", f'text/plain; charset="{charset}"')
    assert provider.post(mail).status_code == 200
    answer(world, mailbox)


def test_after_three_days_the_address_acts_no_more(world, mailbox, provider, paged, page):
    Notification.objects.update(sent_at=world.now - timedelta(days=3, seconds=1))
    provider.reply(page, "ack")
    assert status(paged) == "triggered"
    assert answer(world, mailbox) == replies.TOO_OLD


def test_after_five_wrong_replies_no_answer_goes_back_and_numbers_are_taken(
    world, mailbox, provider, paged, page
):
    for number in range(8):
        provider.reply(page, f"what {number}")
    world.send()
    for _ in range(4):
        mailbox.expect_mail(to=ANA, subject=replies.NOT_UNDERSTOOD[:30])
    mailbox.expect_mail(to=ANA, subject=replies.LAST_ANSWER[:30])
    provider.reply(page, f"{paged.pk}a")
    assert status(paged) == "acknowledged"
    answer(world, mailbox)


def test_after_five_wrong_numbers_no_answer_goes_back_and_no_number_is_taken(
    world, mailbox, provider, paged, page
):
    for number in range(8):
        provider.reply(page, f"ack {paged.pk + 100 + number}")
    world.send()
    for _ in range(4):
        mailbox.expect_mail(to=ANA, subject="No page about #")
    mailbox.expect_mail(to=ANA, subject=replies.LAST_GUESS[:30])
    provider.reply(page, f"{paged.pk}a")
    assert status(paged) == "triggered"
    provider.reply(page, "ack")  # what the address itself names is no guess
    assert status(paged) == "acknowledged"
    answer(world, mailbox)


def test_who_is_too_late_is_told_who_was_quicker(world, mailbox, provider, paged, page):
    world.wait(minutes=5)
    provider.reply(mailbox.expect_mail(to=BO), "resolve")
    world.send()
    mailbox.expect_mail(to=BO, subject="Resolved")
    mailbox.expect_mail(to=ANA, subject="Resolved by Bo Lind")
    provider.reply(page, "ack")
    assert answer(world, mailbox) == f"Incident #{paged.pk} is already resolved by Bo Lind."


def test_the_mail_says_that_it_can_be_answered_and_its_outbox_keeps_no_key(world, page):
    key = str(page.message["Reply-To"])
    assert "Or answer this mail: ack, resolve or escalate, in the first line." in page.body()
    assert "Or answer this mail: ack, resolve or escalate" in page.body("html")
    kept = Notification.objects.get().tries.get()
    assert key not in f"{kept.subject}{kept.body}{kept.provider_id}"
    assert read_reply_address(key) == Notification.objects.get().pk


def test_without_the_setting_nothing_is_said_and_the_door_is_shut(world, mailbox, provider, settings):
    settings.MAIL_REPLIES = FakeMailProvider().settings | {
        "at": "",
        "view": "",
        "options": {},
        "provider": "",
    }
    incident = world.alert()
    world.send()
    mail = mailbox.expect_mail(to=ANA)
    assert mail.message["Reply-To"] is None
    assert "answer this mail" not in mail.body() + mail.body("html")
    assert reply_address(1) == ""
    assert read_reply_address("1.aaaaaaaaaaaaaaaaaaaa@reply.acme.example") is None
    assert provider.reply(mail, "ack", headers={"To": "x@reply.acme.example"}).status_code == 403
    assert status(incident) == "triggered"


def test_a_notice_cannot_be_answered(world, mailbox, provider, page):
    provider.reply(page, "what")
    world.send()
    assert mailbox.expect_mail(to=ANA, subject="Not understood").message["Reply-To"] is None


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"\xff", "text/plain"),
    ],
)
def test_a_body_that_is_no_mail_is_refused(world, provider, body, kind):
    signed = SHAPES["postmark"](written_nothing(), "x@y.example", "z@y.example", SECRET)["headers"]
    assert provider.post_as_it_is(data=body, content_type=kind, headers=signed).status_code == 400
    assert provider.post_as_it_is(data=body, content_type=kind).status_code == 403


def written_nothing():
    mail = EmailMessage()
    mail["From"] = ANA
    mail.set_content("")
    return mail


def test_a_body_that_is_too_large_is_refused_unread(world, provider, client):
    for length in (2 * 1024 * 1024 + 1, 10**12):
        answered = client.post(URL, b"{}", "application/json", CONTENT_LENGTH=str(length))
        assert answered.status_code == 413
    assert client.get(URL).status_code == 405


@pytest.mark.parametrize(
    "strange",
    [
        {"From": "(" * 5000 + ANA},
        {"From": "\udcff@example.com"},
        {"From": ""},
        {"Message-ID": "x" * 5000},
        {"To": "," * 5000},
    ],
)
def test_a_strange_mail_is_taken_and_does_nothing(world, provider, paged, page, strange):
    mail = written(page, "ack", sender=ANA, headers={})
    shaped = SHAPES["postmark"](mail, ANA, str(page.message["Reply-To"]), SECRET)
    name, value = next(iter(strange.items()))
    if name == "From":
        shaped["data"]["FromFull"]["Email"] = value
    else:
        shaped["data"]["Headers"].append({"Name": name, "Value": value})
        shaped["data"]["FromFull"]["Email"] = "eve\x00@evil.example"
    shaped["data"]["TextBody"] = "ack \x00\ud800"
    assert provider.post_as_it_is(**shaped).status_code in {200, 400}
    assert status(paged) == "triggered"
