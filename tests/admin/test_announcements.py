"""Where a schedule announces who is on call, on the schedule's page of the admin."""

from datetime import time

import pytest

from escalation.actions import webhooks
from oncall import actions
from oncall.models import Announcement, Override
from paging.models import Page
from people.ledger.models import Entry
from people.models import User
from tests.admin.conftest import browser
from tests.admin.filled import filled
from tests.world import TESTS

SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
TOKEN = "TIiajkdnlazkcOXrIdevi7FQ"
ONE = {"announcements-TOTAL_FORMS": "1"}


@pytest.fixture
def address(world):
    return f"/admin/oncall/schedule/{world.schedule.pk}/change/"


@pytest.fixture
def row(world):
    return actions.add_announcement(
        schedule=world.schedule, to=SLACK, days=["mon", "fri"], at="12:00", by=TESTS, now=world.now
    )


def text(answer):
    return answer.content.decode()


def save(client, address, **changes):
    return client.post(address, filled(client.get(address), **changes))


def test_a_manager_adds_one_and_reads_when_it_comes_but_not_where(mia, world, address):
    new = ONE | {
        f"announcements-0-{key}": value
        for key, value in {"to": SLACK, "on_days": "Fri, mon", "clock": "12:00"}.items()
    }
    assert save(mia, address, **new).status_code == 302
    made = Announcement.objects.get()
    assert (made.days, made.at, made.created_by) == ("mon,fri", time(12), world.mia)
    assert Entry.objects.get(verb="announcement.added").actor_name == "Mia Falk (admin)"
    page = text(mia.get(address))
    for words in ("slack://…", "mon, fri", "12:00", "next Mon 2 Mar 12:00"):
        assert words in page
    assert TOKEN not in page


def test_one_to_a_webhook_on_change(mia, world, address):
    webhooks.create_webhook(name="Ops bus", url="https://hooks.acme.example/x", by=TESTS, now=world.now)
    new = ONE | {"announcements-0-webhook": "Ops bus", "announcements-0-on_change": "on"}
    assert save(mia, address, **new).status_code == 302
    made = Announcement.objects.get()
    assert (str(made.recipient), made.on_change) == ("Ops bus", True)
    assert (
        mia.get(address).context["inline_admin_formsets"][1].formset.forms[0]["webhook"].value() == "Ops bus"
    )
    assert save(mia, address).status_code == 302
    assert Announcement.objects.count() == 1
    hook = webhooks.Webhook.objects.get()
    assert "schedule Payments" in text(mia.get(f"/admin/escalation/webhook/{hook.pk}/change/"))


def test_what_is_refused_is_said_on_the_form_and_nothing_is_written(mia, world, address, row):
    entries = Entry.objects.count()
    for changes, sentence in (
        ({"to": SLACK, "on_days": "mond", "clock": "12:00"}, "“mond” is not a day"),
        ({"to": SLACK, "clock": "25:00"}, "“25:00” is not a time of day"),
        ({"to": SLACK, "on_days": "fri", "clock": "12:00"}, "once is enough"),
        ({"to": "ntfy://127.0.0.1/x", "clock": "12:00"}, "inside the network"),
        ({"to": "#ops", "clock": "12:00"}, "no address of a chat service"),
        ({"clock": "12:00"}, "goes to one place"),
        ({"webhook": "Ops bus", "clock": "12:00"}, "Select a valid choice"),
    ):
        new = {f"announcements-1-{key}": value for key, value in changes.items()}
        answer = save(mia, address, **{"announcements-TOTAL_FORMS": "2"} | new)
        assert answer.status_code == 200
        assert sentence in text(answer)
    assert Announcement.objects.count() == 1
    assert Entry.objects.count() == entries


def test_saving_what_stands_there_changes_nothing(mia, address, row):
    entries = Entry.objects.count()
    assert save(mia, address).status_code == 302
    assert Entry.objects.count() == entries
    assert Announcement.objects.get().retired_at is None


def test_what_exists_is_not_edited_but_sent_or_taken_off(mia, world, address, row):
    fixed = {"announcements-0-to": "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"}
    assert save(mia, address, **fixed, **{"announcements-0-clock": "13:00"}).status_code == 302
    assert Announcement.objects.get().at == time(12)
    assert save(mia, address, **{"announcements-0-send": "on"}).status_code == 302
    assert Page.objects.get().facts["title"].startswith("On call for Payments since 09:00")
    assert "last Mon 2 Mar 10:00: on its way" in text(mia.get(address))
    answer = save(mia, address, **{"announcements-0-send": "on"})
    assert "a moment ago" in text(answer)
    assert save(mia, address, **{"announcements-0-stop": "on"}).status_code == 302
    assert Announcement.objects.get().retired_at == world.now
    assert "slack://…" not in text(mia.get(address))


def test_others_neither_add_nor_send(world, address, row):
    for user in (world.zoe, world.ana):
        client = browser(user)
        data = filled(browser(world.mia).get(address), **{"announcements-0-stop": "on"})
        assert client.post(address, data).status_code in {302, 403}
    assert Announcement.objects.get().retired_at is None
    shown = browser(world.zoe).get(address)
    assert shown.status_code == 200
    assert "slack://…" in text(shown)
    assert TOKEN not in text(shown)


def test_no_search_or_list_shows_what_stands_for_a_room_as_a_person(root, row):
    assert User.objects.filter(username__startswith=":hook:").exists()
    for page in ("/admin/people/user/", "/admin/people/user/?q=slack"):
        assert "slack://" not in text(root.get(page))


def test_the_preview_does_not_take_an_announcement_for_an_override(mia, world, address, row):
    data = filled(mia.get(address), weeks="2")
    answer = mia.post(address.replace("change/", "preview/"), data)
    assert answer.status_code == 200
    assert "Override" not in text(answer)
    assert not Override.objects.exists()
