"""Reports are mailed by what EMAIL_URL names, to each reader their own; one that refuses holds up none."""

from datetime import timedelta

import pytest

from people import actions as people
from tests.racing import at_once
from tests.reports.made import HOUR, NEXT, WEEK, Team
from tests.world import TESTS
from watchbill.doctor.load import not_mailed
from watchbill.reports.actions import due, sending
from watchbill.reports.models import Delivery, Mailing
from watchbill.reports.writing.mail import mail_of

MINUTE = timedelta(minutes=1)
State = Delivery.State


@pytest.fixture
def world(db):
    return Team()


def to(world, *users):
    Mailing.objects.get(team=world.team).to.set(users)
    Mailing.objects.update(after_shift=False)


def of(user):
    return Delivery.objects.get(user=user)


def test_a_mail_says_what_it_is_and_asks_for_no_answer(world, mailbox):
    to(world, world.mia)
    world.at(NEXT)
    mail = mailbox.expect_mail(to="mia@example.com", subject="Payments")
    row = of(world.mia)
    assert (row.state, row.sent_at, row.error) == (State.SENT, NEXT, "")
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert "List-Unsubscribe" not in mail.message
    address = f"/load/reports/{row.report.uid}/"
    assert address in mail.body()
    assert address in mail.body("html")


def test_pictures_belong_to_the_html_and_are_no_attachments(world, mailbox, monkeypatch):
    def with_picture(report, *, reader, address):
        mail = mail_of(report, reader=reader, address=address)
        return type(mail)(
            subject="A\nB", text=mail.text, html="<img src='cid:shifts'>", images={"shifts": b"x"}
        )

    monkeypatch.setattr(sending, "mail_of", with_picture)
    to(world, world.mia)
    world.at(NEXT)
    mail = mailbox.expect_mail(to="mia@example.com", subject="A B")
    assert mail.message.get_content_type() == "multipart/related"
    (picture,) = [part for part in mail.message.walk() if part.get_content_type() == "image/png"]
    assert (picture["Content-ID"], picture.get_content_disposition()) == ("<shifts>", "inline")
    assert picture.get_content() == b"x"


def test_each_reader_sees_what_they_may_see(world, mailbox):
    to(world, world.mia, world.bo)
    world.at(NEXT)
    managers = mailbox.expect_mail(to="mia@example.com").body()
    engineers = mailbox.expect_mail(to="bo@example.com").body()
    assert "Ana Ruiz" in managers
    assert "Ana" not in engineers
    assert "2 pages" in engineers


def test_who_manages_no_more_by_then_sees_their_own_part(world, mailbox):
    to(world, world.mia)
    mailbox.refuse_next("451 4.3.0 later")
    world.at(NEXT)
    members = {world.ana: "responder", world.bo: "responder", world.mia: "responder"}
    people.set_members(team=world.team, members=members, by=TESTS, now=world.now)
    world.at(NEXT + 5 * MINUTE)
    assert "Ana" not in mailbox.expect_mail(to="mia@example.com").body()


def test_where_no_mail_is_set_up_it_is_kept_and_can_be_read(world):
    world.at(NEXT)
    assert {one.state for one in Delivery.objects.all()} == {State.KEPT}


def test_a_mailbox_that_refuses_holds_up_no_other_and_is_tried_again(world, mailbox):
    to(world, world.bo, world.mia)
    mailbox.refuse_recipient("550 5.1.1 nobody of that name")
    world.at(NEXT)
    mailbox.expect_mail(to="mia@example.com")
    row = of(world.bo)
    assert (row.state, row.tries, row.due_at) == (State.PENDING, 1, NEXT + 5 * MINUTE)
    assert row.error == "The mail server said: 550 5.1.1 nobody of that name."
    world.at(NEXT + 4 * MINUTE)
    assert of(world.bo).tries == 1
    world.at(NEXT + 5 * MINUTE)
    mailbox.expect_mail(to="bo@example.com")
    assert (of(world.bo).state, of(world.bo).error) == (State.SENT, "")


def test_after_five_tries_in_a_day_it_is_given_up_and_doctor_says_so(world, mailbox):
    to(world, world.mia)
    for _ in range(5):
        mailbox.refuse_next("451 4.3.0 the disk is full")
    for hours in range(26):
        world.at(NEXT + hours * HOUR)
        if hours == 0:
            world.at(NEXT + 5 * MINUTE)
    row = of(world.mia)
    assert (row.state, row.tries) == (State.GIVEN_UP, 5)
    assert len({one.message_id for one in mailbox.refused}) == 1, "a mailbox may know it again"
    (finding,) = not_mailed(world.now)
    assert "Mia Falk: The mail server said: 451 4.3.0 the disk is full." in finding.what
    assert list(not_mailed(world.now + 2 * WEEK)) == []


def test_who_has_left_by_then_gets_none(world, mailbox):
    to(world, world.bo)
    mailbox.refuse_next("451 4.3.0 later")
    world.at(NEXT)
    people.deactivate_user(user=world.bo, by=TESTS, now=world.now)
    world.at(NEXT + HOUR)
    assert (of(world.bo).state, of(world.bo).error) == (State.GIVEN_UP, "Bo Lind is deactivated.")


def test_who_is_no_more_in_the_team_by_then_gets_none(world, mailbox):
    to(world, world.bo)
    mailbox.refuse_next("451 4.3.0 later")
    world.at(NEXT)
    members = {world.ana: "responder", world.mia: "manager"}
    people.set_members(team=world.team, members=members, by=TESTS, now=world.now)
    world.at(NEXT + HOUR)
    said = "Bo Lind is not in Payments, and may not read its reports."
    assert (of(world.bo).state, of(world.bo).error) == (State.GIVEN_UP, said)
    assert of(world.bo).sent_at is None


def test_a_person_without_an_address_is_said(world, mailbox):
    type(world.bo).objects.filter(pk=world.bo.pk).update(email="")
    to(world, world.bo, world.mia)
    world.at(NEXT)
    mailbox.expect_mail(to="mia@example.com")
    assert of(world.bo).error == "Bo Lind has no mail address; enter one with the person."


def test_a_mail_that_cannot_be_written_holds_up_no_other(world, mailbox, monkeypatch):
    def fails_for_bo(report, *, reader, address):
        return {}[reader] if reader == world.bo else mail_of(report, reader=reader, address=address)

    monkeypatch.setattr(sending, "mail_of", fails_for_bo)
    to(world, world.bo, world.mia)
    world.at(NEXT)
    mailbox.expect_mail(to="mia@example.com")
    assert of(world.bo).error == "It could not be written (KeyError)."


def test_who_dies_while_it_is_sent_leaves_it_to_be_sent_again(world, mailbox, monkeypatch):
    def dies(_letter):
        raise SystemExit

    to(world, world.mia)
    with monkeypatch.context() as patch:
        patch.setattr(sending.posting, "post", dies)
        world.now = NEXT
        with pytest.raises(SystemExit):
            world.keep()
    world.at(NEXT + 4 * MINUTE)
    assert of(world.mia).state == State.PENDING
    world.at(NEXT + 5 * MINUTE)
    mailbox.expect_mail(to="mia@example.com")


@pytest.mark.django_db(transaction=True)
def test_two_machines_send_one_mail(request):
    world = Team()
    mailbox = request.getfixturevalue("mailbox")
    to(world, world.mia)
    world.now = NEXT
    due.make_due(clock=lambda: world.now)
    at_once(*4 * [lambda: sending.send_due(clock=lambda: world.now)])
    mailbox.expect_mail(to="mia@example.com")
    assert of(world.mia).tries == 1
