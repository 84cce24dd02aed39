"""What people sent us, as managers see it: by SMS, by mail and by key."""

import pytest

from paging.actions.hearing import Answer, Heard, Outcome, hear, note, pass_over
from paging.models import ContactMethod, Inbound

Kind = ContactMethod.Kind
LIST = "/admin/paging/inbound/"


@pytest.fixture
def heard(world):
    def sent(via, sender, said, understood=""):
        return Heard(
            via=via,
            provider="twilio",
            provider_id=f"SM{Inbound.objects.count()}",
            sender=sender,
            said=said,
            understood=understood,
        )

    done = Answer(Outcome.DONE, "Acknowledged #42 disk is full.", world.ana)
    hear(sent(Kind.SMS, "+14155550101", "1a", "acknowledge 1"), act=lambda _: done, now=world.now)
    note(sent(Kind.VOICE, "+14155550101", "6", "resolve"), done, now=world.now)
    wrong = Answer(Outcome.WRONG, "Not understood.", world.ana)
    hear(sent(Kind.EMAIL, "ana@example.com", "<b>hello</b>"), act=lambda _: wrong, now=world.now)
    pass_over(sent(Kind.SMS, "+14155559999", "buy this"), Outcome.STRANGER, now=world.now)
    pass_over(sent(Kind.EMAIL, "eve@evil.example", "ack", "acknowledge"), Outcome.STRANGER, now=world.now)


def test_a_manager_sees_who_sent_what_and_what_came_of_it(mia, heard):
    page = mia.get(LIST).content.decode()
    for said in (
        "Ana Ruiz",
        "SMS +14155550101",
        "acknowledge 1",
        "Acknowledged #42 disk is full.",
        "Voice +14155550101",
        "Email ana@example.com",
        "&lt;b&gt;hello&lt;/b&gt;",
        "nobody we know",
        "SMS +1415…9999",
        "Email e…@evil.example",
    ):
        assert said in page
    for hidden in ("+14155559999", "eve@evil.example", "<b>hello</b>"):
        assert hidden not in page


def test_of_one_there_is_a_page_that_says_it_in_words(mia, heard):
    row = Inbound.objects.get(outcome="stranger", via="sms")
    page = mia.get(f"{LIST}{row.pk}/change/").content.decode()
    assert "from nobody who could answer that: nothing is done" in page
    assert "buy this" in page


@pytest.mark.parametrize("asked", ["?outcome__exact=stranger", "?via__exact=email", "?q=evil", "?q=%00"])
def test_they_are_found_by_what_they_are(mia, heard, asked):
    assert mia.get(f"{LIST}{asked}", follow=True).status_code == 200


def test_nobody_changes_or_deletes_what_was_heard(mia, root, heard):
    row = Inbound.objects.first()
    for browser in (mia, root):
        assert browser.get(f"{LIST}add/").status_code == 403
        assert browser.post(f"{LIST}{row.pk}/change/", {"said": "else"}).status_code == 403
        assert browser.get(f"{LIST}{row.pk}/delete/").status_code == 403
    row.refresh_from_db()
    assert row.said == "1a"


def test_it_stands_beside_the_outbox(mia, world):
    assert f'href="{LIST}"' in mia.get("/admin/").content.decode()


def test_a_stranger_logs_in_first(client, db):
    assert client.get(LIST).status_code == 302
