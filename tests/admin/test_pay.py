"""Pay in the admin: approved, locked, adjusted and answered, and nobody else's seen by any door."""

import re

import pytest
import time_machine
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from oncall.compensation.actions.checks import PAY
from oncall.compensation.actions.disputes import dispute
from oncall.compensation.actions.lieu import use
from oncall.compensation.models import Adjustment, Dispute, LieuUse, Statement
from oncall.compensation.selectors import fingerprint, lines_of
from paging import dispatch
from paging.models import Attempt, Notification
from people.ledger.models import Entry
from people.permissions import PRIVATE
from tests.admin.conftest import browser
from tests.admin.filled import filled
from tests.oncall.compensation.payroll import DAY, JULY, JUNE, NOW, WHOLE_JUNE, Payroll, as_of, total
from tests.oncall.compensation.test_adjustments import add
from tests.oncall.compensation.test_disputes import reachable
from tests.oncall.compensation.test_lieu_uses import CALLED, credit

pytestmark = pytest.mark.django_db
MODELS = ("statement", "adjustment", "dispute", "lieuuse")
SECRET = "Stood in for two at once"  # the reason of Ana's adjustment


@pytest.fixture
def payroll():
    made = Payroll()
    with time_machine.travel(NOW, tick=False):
        yield made


@pytest.fixture
def who(payroll):
    return lambda name: browser(getattr(payroll, name))


def listing(model):
    return reverse(f"admin:compensation_{model}_changelist")


def page(model, pk):
    return reverse(f"admin:compensation_{model}_change", args=[pk])


def act(client, model, pk, action):
    return client.post(reverse(f"admin:compensation_{model}_act", args=[pk, action]), follow=True)


def from_the_list(client, model, pk, action):
    data = {"action": action, "_selected_action": [pk]}
    return client.post(listing(model), data, follow=True)


def said(response):
    return " ".join(str(message) for message in response.context["messages"])


@pytest.fixture
def anas(payroll):
    """Something of everything that is Ana's."""
    reachable(payroll.mia, payroll.ana)
    row = payroll.draft()
    credit(row, 90, CALLED)
    add(payroll, month=JULY)
    use(user=payroll.ana, at=NOW + DAY, minutes=9, by=as_of(payroll.ana), now=NOW)
    dispute(statement=row, line=lines_of(row).first(), text="Wrong", by=as_of(payroll.ana), now=NOW)
    return {
        "statement": row,
        "adjustment": Adjustment.objects.get(),
        "dispute": Dispute.objects.get(),
        "lieuuse": LieuUse.objects.get(),
    }


@pytest.mark.parametrize("door", [act, from_the_list])
@pytest.mark.parametrize(("name", "may"), [("mia", True), ("root", True), ("kim", False), ("bo", False)])
def test_managers_of_a_team_of_theirs_approve_and_lock(payroll, who, name, may, door):
    row = payroll.draft()
    client = who(name)
    door(client, "statement", row.pk, "approve")
    assert payroll.of().state == ("approved" if may else "draft")
    door(client, "statement", row.pk, "lock")
    assert payroll.of().state == ("locked" if may else "draft")
    assert Entry.objects.filter(verb="statement.locked").count() == may


def test_of_many_each_one_refused_is_said_with_its_reason(payroll, who):
    payroll.members(payroll.team, {payroll.mia: "manager", payroll.ana: "manager"}, NOW)
    payroll.covered(10, by=payroll.mia)
    rows = [payroll.draft(), payroll.draft(payroll.mia), payroll.draft(month=JULY)]
    data = {"action": "approve", "_selected_action": [row.pk for row in rows]}
    answer = who("mia").post(listing("statement"), data, follow=True)
    assert "Approved: ana, June 2025." in said(answer)
    assert "Nobody approves their own pay" in said(answer)
    assert "ana, July 2025 is not over: it ends 2025-08-01 00:00 (Europe/London)" in said(answer)
    assert Statement.objects.filter(state="approved").count() == 1


def test_what_changed_since_it_stood_in_the_list_is_not_approved(payroll, who):
    row = payroll.draft()
    payroll.covered(10)
    assert "it changed after you looked at it" in said(act(who("mia"), "statement", row.pk, "approve"))
    act(who("mia"), "statement", row.pk, "approve")
    assert (payroll.of().state, total(payroll.of())) == ("approved", WHOLE_JUNE - 24)


def test_what_changed_since_its_page_was_opened_is_not_approved(payroll, who):
    row = payroll.draft()
    text = who("mia").get(page("statement", row.pk)).content.decode()
    revision = fingerprint(lines_of(row))
    assert f'<input type="hidden" name="revision" value="{revision}">' in text
    payroll.covered(10)
    payroll.refresh()
    address = reverse("admin:compensation_statement_act", args=[row.pk, "approve"])
    answer = who("mia").post(address, {"revision": revision}, follow=True)
    assert "it changed after you looked at it" in said(answer)
    assert payroll.of().state == "draft"


def test_it_is_returned_with_a_reason_or_not_at_all(payroll, who):
    row = payroll.approved()
    mia = who("mia")
    assert 'name="why" required' in mia.get(page("statement", row.pk)).content.decode()
    address = reverse("admin:compensation_statement_act", args=[row.pk, "back_to_draft"])
    assert "Say why" in said(mia.post(address, follow=True))
    assert payroll.of().state == "approved"
    mia.post(address, {"why": "A cover was missing"})
    assert payroll.of().state == "draft"
    assert Entry.objects.get(verb="statement.returned").why == "A cover was missing"


def test_the_list_says_what_each_comes_to_in_a_fixed_number_of_queries(payroll, who):
    mia = who("mia")

    def queries():
        with CaptureQueriesContext(connection) as asked:
            answer = mia.get(listing("statement"))
        return len(asked), answer.content.decode()

    payroll.refresh()
    first, text = queries()
    assert "720.00 GBP" in text
    payroll.covered(10)
    for month in (JUNE, JULY):
        payroll.refresh(month=month)
    second, text = queries()
    assert "696.00 GBP" in text
    assert "24.00 GBP" in text
    assert second == first


def test_each_line_opens_to_its_schedule_its_override_and_its_pages(payroll, who):
    cover = payroll.covered(10)
    row = payroll.draft(payroll.bo)
    lines_of(row).update(pages=[4711])
    text = who("mia").get(page("statement", row.pk)).content.decode()
    schedule = reverse("admin:oncall_schedule_change", args=[payroll.pager.pk])
    assert f'href="{schedule}">primary of Checkout</a>' in text
    assert f'href="{schedule}">cover #{cover.pk}</a>' in text
    pages = f"{reverse('admin:paging_notification_changelist')}?page__id__exact=4711"
    assert f'href="{pages}">page 4711</a>' in text
    assert who("mia").get(pages).status_code == 200


def test_hours_are_those_of_the_persons_page_and_of_the_files(payroll, who):
    row = payroll.draft()
    lines_of(row).update(seconds=20 * 60)
    assert ">0.3333<" in re.sub(r"\s", "", who("mia").get(page("statement", row.pk)).content.decode())


def test_a_locked_statement_is_edited_by_nobody(payroll, who):
    row = payroll.locked()
    before = Statement.objects.values().get()
    for name in ("root", "mia"):
        client = who(name)
        assert client.get(page("statement", row.pk)).status_code == 200
        assert client.post(page("statement", row.pk), {"state": "draft"}).status_code == 403
        delete = reverse("admin:compensation_statement_delete", args=[row.pk])
        assert client.post(delete, {"post": "yes"}).status_code == 403
        assert client.get(reverse("admin:compensation_statement_add")).status_code == 403
        for action in ("approve", "lock", "back_to_draft"):
            address = reverse("admin:compensation_statement_act", args=[row.pk, action])
            assert "is locked since" in said(client.post(address, {"why": "Please"}, follow=True))
    assert Statement.objects.values().get() == before


def test_a_manager_of_others_sees_nothing_of_it_by_any_door(payroll, anas, who, subtests):
    kim = who("kim")
    for model, row in anas.items():
        for query in ("", "?q=ana", f"?user__id__exact={payroll.ana.pk}", "?month=2025-06",
                      f"?team={payroll.team.pk}", "?state__exact=draft", "?e=1",
                      f"?id__exact={row.pk}"):  # fmt: skip
            with subtests.test(f"{model}{query}"):
                answer = kim.get(listing(model) + query, follow=True)
                text = answer.content.decode()
                assert page(model, row.pk) not in text
                assert "720.00" not in text
                assert SECRET not in text
                assert ">ana<" not in text, "nor is she among those to filter by"
        history = reverse(f"admin:compensation_{model}_history", args=[row.pk])
        for address in (page(model, row.pk), history):
            assert kim.get(address, follow=True).redirect_chain, "there is none"
        for action in ("approve", "lock", "back_to_draft", "cancel"):
            answer = kim.post(reverse(f"admin:compensation_{model}_act", args=[row.pk, action]))
            assert answer.status_code == 404
    assert payroll.of().state == "draft"


def test_of_the_people_one_manages_everything_is_there(anas, who):
    for name in ("mia", "root"):
        for model, row in anas.items():
            assert page(model, row.pk) in who(name).get(listing(model)).content.decode()
            assert who(name).get(page(model, row.pk)).status_code == 200


@pytest.mark.parametrize("lookup", [
    "statements__isnull=0", "pay_adjustments__isnull=False", "pay_adjustments__amount__gt=5",
    "lieu_uses__isnull=0", "statements=1", "statements__state=draft", "call_out_corrections__isnull=0",
])  # fmt: skip
def test_the_list_of_people_tells_nobody_who_has_what(anas, who, lookup):
    answer = who("kim").get(f"{reverse('admin:people_user_changelist')}?{lookup}")
    assert answer.status_code == 400


def test_the_ledger_tells_of_pay_to_those_who_may_see_it(anas, who, payroll):
    assert PAY in PRIVATE
    address = reverse("admin:ledger_entry_changelist")
    entry = Entry.objects.get(verb="adjustment.added")
    for query in ("", "?q=Stood", "?subject_type=pay", "?verb=adjustment.added", "?q=disputes"):
        text = who("kim").get(address + query).content.decode()
        assert "12.50 GBP" not in text
        assert "disputes a line" not in text
        assert "12.50 GBP" in who("mia").get(f"{address}?q=Stood").content.decode()
    one = reverse("admin:ledger_entry_change", args=[entry.pk])
    assert who("kim").get(one).status_code == 302
    assert who("mia").get(one).status_code == 200
    assert who("root").get(one).status_code == 200


def test_the_lists_of_messages_tell_nobody_else_of_a_notice_about_pay(anas, who, payroll):
    dispatch.send_due(clock=lambda: NOW + DAY)
    assert Attempt.objects.filter(subject__contains="disputes a line").exists()
    for model, query in (("notification", "?q=disputes"), ("attempt", "?q=disputes"), ("notification", "")):
        address = reverse(f"admin:paging_{model}_changelist") + query
        assert "disputes a line" not in who("kim").get(address).content.decode()
        assert "disputes a line" in who("mia").get(address).content.decode(), "it was sent to her"
    note = Notification.objects.first()
    assert who("kim").get(reverse("admin:paging_notification_change", args=[note.pk])).status_code == 302


def test_an_adjustment_is_entered_by_any_day_of_its_month(payroll, who):
    address = reverse("admin:compensation_adjustment_add")
    form = {"user": payroll.ana.pk, "month": "2025-06-17", "about": "2025-05-03", "amount": "12.50",
            "currency": "GBP", "lieu_minutes": "30", "why": SECRET}  # fmt: skip
    answer = who("mia").post(address, filled(who("mia").get(address)) | form, follow=True)
    assert answer.redirect_chain, answer.context["adminform"].form.errors
    row = Adjustment.objects.get()
    assert (row.month, row.about, row.created_by) == (JUNE, JUNE.replace(month=5), payroll.mia)
    assert total(payroll.of()) == WHOLE_JUNE + row.amount
    act(who("mia"), "adjustment", row.pk, "cancel")
    assert total(payroll.of()) == WHOLE_JUNE


@pytest.mark.parametrize(("name", "changed", "said"), [
    ("mia", {"currency": "GPB"}, "is not a currency"),
    ("mia", {"amount": "0.001"}, "smallest amount"),
    ("mia", {"amount": "nan"}, "Enter a number"),
    ("mia", {"why": ""}, "required"),
    ("mia", {"month": ""}, "required"),
    ("kim", {}, "Only managers of a team of ana"),
    ("mia", {"user": "mia"}, "Nobody adjusts their own pay"),
])  # fmt: skip
def test_what_is_refused_is_said_on_the_form(payroll, who, name, changed, said):
    address = reverse("admin:compensation_adjustment_add")
    form = {"user": payroll.ana.pk, "month": "2025-06-17", "about": "", "amount": "12.50", "currency": "GBP",
            "lieu_minutes": "0", "why": SECRET} | changed  # fmt: skip
    if form["user"] == "mia":
        form["user"] = payroll.mia.pk
    answer = who(name).post(address, form)
    assert answer.status_code == 200
    assert said in str(answer.context["adminform"].form.errors)
    assert not Adjustment.objects.exists()


def test_a_dispute_is_answered_and_ends_with_an_adjustment(payroll, who):
    row = payroll.locked()
    made = dispute(statement=row, line=lines_of(row).first(), text="No", by=as_of(payroll.ana), now=NOW)
    mia, address = who("mia"), page("dispute", made.pk)
    mia.post(address, filled(mia.get(address), said="Which page?"))
    assert made.messages.count() == 2
    refused = mia.post(address, filled(mia.get(address), said="Yes", end="accepted"))
    assert "give the amount that makes it good" in str(refused.context["adminform"].form.errors)
    mia.post(address, filled(mia.get(address), said="Yes", end="accepted", amount="15.00", currency="GBP"))
    made.refresh_from_db()
    assert (made.state, made.closed_by, Adjustment.objects.get().amount) == ("accepted", payroll.mia, 15)
    assert mia.get(address).status_code == 200
    assert mia.post(address, {"said": "More"}).status_code == 403


def test_nobody_answers_about_their_own_pay(payroll, who):
    payroll.members(payroll.team, {payroll.ana: "manager"}, NOW)
    row = payroll.draft()
    made = dispute(statement=row, line=lines_of(row).first(), text="No", by=as_of(payroll.ana), now=NOW)
    ana = who("ana")
    assert ana.get(page("dispute", made.pk)).status_code == 200
    assert ana.post(page("dispute", made.pk), {"said": "Yes", "end": "accepted"}).status_code == 403


def test_time_off_is_entered_and_cancelled(payroll, who):
    credit(payroll.draft(), 90, CALLED)
    mia, address = who("mia"), reverse("admin:compensation_lieuuse_add")
    form = {"user": payroll.ana.pk, "at_0": "2025-07-04", "at_1": "09:00", "minutes": "60", "why": ""}
    assert mia.post(address, form, follow=True).redirect_chain
    refused = mia.post(address, form)
    assert "has 30 min of time in lieu left" in str(refused.context["adminform"].form.errors)
    row = LieuUse.objects.get()
    assert "30 min" in mia.get(page("lieuuse", row.pk)).content.decode()
    act(mia, "lieuuse", row.pk, "cancel")
    assert LieuUse.objects.get().cancelled_at == NOW


def test_every_list_of_pay_has_an_empty_form_or_none(who):
    for model in MODELS:
        adds = model in {"adjustment", "lieuuse"}
        answer = who("mia").get(reverse(f"admin:compensation_{model}_add"))
        assert answer.status_code == (200 if adds else 403)
    assert {f"{model._meta.model_name}" for model in admin.site._registry} >= set(MODELS)
