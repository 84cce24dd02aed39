"""Pay by HTTP: what each may see and do, and that somebody else's is never there."""

import io

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from oncall.compensation.actions.disputes import dispute
from oncall.compensation.actions.lieu import use
from oncall.compensation.models import Adjustment, Dispute, LieuUse, Statement
from oncall.compensation.selectors import lines_of
from tests.oncall.api.caller import Caller
from tests.oncall.compensation.payroll import DAY, JUNE, NOW, Payroll, as_of, total
from tests.oncall.compensation.test_adjustments import add
from tests.oncall.compensation.test_lieu_uses import CALLED, credit

pytestmark = pytest.mark.django_db
STRANGERS = ["bo", "kim", "lou"]


@pytest.fixture
def payroll():
    made = Payroll()
    with time_machine.travel(NOW, tick=False):
        yield made


@pytest.fixture
def call(payroll):
    return lambda name: Caller(getattr(payroll, name), now=NOW)


def listed(caller, path="statements", **query):
    answer = caller.get(f"pay/{path}", **query)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def test_a_statement_says_all_there_is_to_say(payroll, call):
    cover = payroll.covered(10, hours=8)
    row = payroll.draft(payroll.bo)
    (shown,) = listed(call("bo"))
    assert shown == {
        "id": row.pk, "user": "bo", "month": "2025-06", "state": "draft", "amounts": {"GBP": "8.00"},
        "lieu_minutes": 0, "warnings": [], "open_disputes": 0, "reckoned_at": "2025-07-03T09:00:00Z",
        "approved_at": None, "approved_by": None, "locked_at": None, "locked_by": None,
    }  # fmt: skip
    detail = call("bo").get(f"pay/statements/{row.pk}").json()
    (line,) = detail.pop("lines")
    assert detail.pop("revision")
    assert detail == shown
    assert line == {
        "id": lines_of(row).get().pk, "position": 1, "kind": "standby", "plan": "UK", "band": "all",
        "schedule": "Checkout", "role": "primary", "start": "2025-06-10T00:00:00Z",
        "end": "2025-06-10T08:00:00Z", "seconds": 28800, "rate": "1 per hour", "exact": "8",
        "amount": "8.00", "currency": "GBP", "lieu_minutes": 0, "lieu_expires": None,
        "override": f"cover #{cover.pk}", "pages": [], "because": "",
    }  # fmt: skip


def test_one_sees_ones_own_managers_their_teams_and_administrators_all(payroll, call):
    payroll.covered(10)
    payroll.refresh()
    found = {name: sorted(row["user"] for row in listed(call(name))) for name in ("ana", "bo", "mia", "root")}
    assert found == {"ana": ["ana"], "bo": ["bo"], "mia": ["ana", "bo"], "root": ["ana", "bo"]}
    for name in ("kim", "lou"):
        assert listed(call(name)) == []


def test_filters_by_month_team_state_and_person_show_no_more(payroll, call):
    payroll.covered(10)
    payroll.locked()
    payroll.draft(payroll.bo)
    mia, kim = call("mia"), call("kim")

    def who(caller, **query):
        return sorted(row["user"] for row in listed(caller, **query))

    assert who(mia, month="2025-06") == who(mia, month="2025-06-01") == who(mia, team="Shop") == ["ana", "bo"]
    assert who(mia, month="2025-05") == who(mia, team="Search") == []
    assert who(mia, state="locked") == who(mia, user="ana") == ["ana"]
    assert who(kim, team="Shop") == who(kim, user="ana") == []


@pytest.mark.parametrize("query", [
    {"month": "June"}, {"month": "2025-13"}, {"month": "2025-06-02"}, {"month": "0000-01"},
    {"month": "\x00"}, {"team": "Nobody's"}, {"user": "nobody"}, {"state": "paid"}, {"user": "a\x00"},
])  # fmt: skip
def test_what_is_no_filter_is_400(payroll, call, query):
    answer = call("mia").get("pay/statements", **query)
    assert (answer.status_code, list(answer.json())) == (400, list(query))


def test_every_address_of_somebody_elses_pay_is_404(payroll, call, subtests):
    row = payroll.draft()
    disputed = dispute(statement=row, line=lines_of(row).first(), text="No", by=as_of(payroll.ana), now=NOW)
    credit(row, 90, CALLED)
    off = use(user=payroll.ana, at=NOW + DAY, minutes=9, by=as_of(payroll.ana), now=NOW)
    adjusted = add(payroll, month=JUNE.replace(month=7))
    before = (total(row), Dispute.objects.get().state, LieuUse.objects.get().cancelled_at)
    asked = [
        ("get", f"statements/{row.pk}"), ("post", f"statements/{row.pk}/approve"),
        ("post", f"statements/{row.pk}/lock"), ("post", f"statements/{row.pk}/back-to-draft", {"why": "x"}),
        ("get", f"adjustments/{adjusted.pk}"), ("delete", f"adjustments/{adjusted.pk}"),
        ("get", f"disputes/{disputed.pk}"), ("post", f"disputes/{disputed.pk}/messages", {"text": "x"}),
        ("post", f"disputes/{disputed.pk}/close", {"state": "declined", "text": "x"}),
        ("post", "disputes", {"statement": row.pk, "line": lines_of(row).first().pk, "text": "x"}),
        ("get", "lieu?user=ana"), ("get", "lieu/uses?user=ana"), ("delete", f"lieu/uses/{off.pk}"),
        ("post", "lieu/uses", {"user": "ana", "at": "2025-07-04", "minutes": 5}),
    ]  # fmt: skip
    for name in STRANGERS:
        for verb, path, *body in asked:
            with subtests.test(f"{name} {verb} {path}"):
                answer = getattr(call(name), verb)(f"pay/{path}", *body)
                assert answer.status_code == 404, answer.content
        for path in ("statements", "adjustments", "disputes"):
            assert listed(call(name), path) == []
            assert listed(call(name), path, user="ana") == []
    assert (total(row), Dispute.objects.get().state, LieuUse.objects.get().cancelled_at) == before


def test_without_a_token_nothing_is_told(payroll):
    row = payroll.draft()
    for path in ("statements", f"statements/{row.pk}", "adjustments", "disputes", "lieu", "lieu/uses"):
        assert Client().get(f"/api/v1/pay/{path}").status_code == 401


def test_a_managers_month_from_approval_to_lock(payroll, call):
    row = payroll.draft()
    mia, path = call("mia"), f"pay/statements/{row.pk}"
    seen = mia.get(path).json()["revision"]
    payroll.covered(10)
    late = mia.post(f"{path}/approve", {"revision": seen})
    assert late.status_code == 409
    assert "changed after you looked" in late.json()["detail"]
    now = mia.get(path).json()
    approved = mia.post(f"{path}/approve", {"revision": now["revision"]})
    assert (approved.status_code, approved.json()["state"]) == (200, "approved")
    assert approved.json()["approved_by"] == "mia"
    assert mia.post(f"{path}/back-to-draft", {}).json() == {"why": ["This field is required."]}
    assert mia.post(f"{path}/back-to-draft", {"why": "A cover"}).json()["state"] == "draft"
    mia.post(f"{path}/approve")
    assert mia.post(f"{path}/lock").json()["locked_by"] == "mia"
    assert mia.post(f"{path}/lock").status_code == 409
    assert Statement.objects.get().state == "locked"


def test_the_person_paid_is_told_why_not(payroll, call):
    row = payroll.draft()
    for verb, body in (("approve", {}), ("lock", {}), ("back-to-draft", {"why": "x"})):
        answer = call("ana").post(f"pay/statements/{row.pk}/{verb}", body)
        assert answer.status_code == 400
        assert "their own pay" in answer.json()["non_field_errors"][0]


def test_adjustments_are_made_and_cancelled_by_managers(payroll, call):
    body = {"user": "ana", "month": "2025-06", "amount": "12.50", "currency": "GBP", "why": "Two at once",
            "about": "2025-05"}  # fmt: skip
    made = call("mia").post("pay/adjustments", body)
    assert made.status_code == 201
    assert made.json() | {"id": 0} == {
        "id": 0, "user": "ana", "month": "2025-06", "about": "2025-05", "amount": "12.50", "currency": "GBP",
        "lieu_minutes": 0, "why": "Two at once", "found": False, "created_at": "2025-07-03T09:00:00Z",
        "created_by": "mia", "cancelled_at": None,
    }  # fmt: skip
    assert [one["id"] for one in listed(call("ana"), "adjustments")] == [made.json()["id"]]
    for name in ("ana", "kim", "bo"):
        refused = call(name).post("pay/adjustments", body)
        assert refused.status_code == 400, name
    assert call("ana").delete(f"pay/adjustments/{made.json()['id']}").status_code == 400
    assert call("mia").delete(f"pay/adjustments/{made.json()['id']}").status_code == 204
    assert Adjustment.objects.get().cancelled_at == NOW


@pytest.mark.parametrize(("field", "value"), [
    ("amount", "0.001"), ("amount", "many"), ("amount", "NaN"), ("amount", "1e30"), ("amount", None),
    ("currency", "EURO"), ("currency", "XXX"), ("why", ""), ("month", "soon"), ("about", "then"),
    ("user", "nobody"), ("lieu_minutes", "1.5"), ("lieu_minutes", 10**30),
])  # fmt: skip
def test_a_wrong_adjustment_is_400(payroll, call, field, value):
    body = {"user": "ana", "month": "2025-06", "amount": "12.50", "currency": "GBP", "why": "Two at once"}
    assert call("mia").post("pay/adjustments", body | {field: value}).status_code == 400
    assert not Adjustment.objects.exists()


def test_a_dispute_from_beginning_to_end(payroll, call):
    row = payroll.locked()
    line = call("ana").get(f"pay/statements/{row.pk}").json()["lines"][0]["id"]
    body = {"statement": row.pk, "line": line, "text": "I was woken."}
    made = call("ana").post("pay/disputes", body)
    assert made.status_code == 201, made.content
    path = f"pay/disputes/{made.json()['id']}"
    assert call("mia").post("pay/disputes", body).status_code == 400
    assert call("mia").post(f"{path}/messages", {"text": "When?"}).status_code == 201
    assert call("ana").post(f"{path}/messages", {"text": ""}).status_code == 400
    assert call("mia").post(f"{path}/close", {"state": "open", "text": "x"}).status_code == 400
    assert call("mia").get(f"pay/statements/{row.pk}").json()["open_disputes"] == 1
    yes = {"state": "accepted", "text": "Yes.", "amount": "15", "currency": "GBP"}
    closed = call("mia").post(f"{path}/close", yes)
    assert (closed.status_code, closed.json()["state"]) == (200, "accepted")
    assert [one["text"] for one in closed.json()["messages"]] == ["I was woken.", "When?", "Yes."]
    assert [one["amount"] for one in listed(call("ana"), "adjustments")] == ["15.00"]
    assert call("mia").post(f"{path}/close", yes).status_code == 409
    assert [one["state"] for one in listed(call("ana"), "disputes", statement=str(row.pk))] == ["accepted"]


def test_time_in_lieu_is_taken_and_given_back(payroll, call):
    credit(payroll.draft(), 90, CALLED)
    ana = call("ana")
    made = ana.post("pay/lieu/uses", {"at": "2025-07-04T10:00", "minutes": 60, "why": "Slept in"})
    assert (made.status_code, made.json()["at"]) == (201, "2025-07-04T09:00:00Z"), "by the clock in London"
    assert ana.post("pay/lieu/uses", {"at": "2025-07-04", "minutes": 60}).status_code == 400
    for body in ({"at": "soon", "minutes": 5}, {"at": "2025-07-04"}, {"at": "2025-07-04", "minutes": -1}):
        assert ana.post("pay/lieu/uses", body).status_code == 400
    assert call("mia").get("pay/lieu", user="ana", at="2025-07-10T12:00").json() == {
        "user": "ana", "at": "2025-07-10T11:00:00Z", "left": 0, "lost": 30, "overdrawn": 0, "next_loss": None,
        "ledger": [
            {"at": "2025-06-10T02:00:00Z", "what": "earned", "minutes": 90, "left": 90},
            {"at": "2025-07-04T09:00:00Z", "what": "used", "minutes": -60, "left": 30},
            {"at": "2025-07-10T02:00:00Z", "what": "lost", "minutes": -30, "left": 0},
        ],
    }  # fmt: skip
    assert ana.get("pay/lieu").json()["next_loss"] == {"minutes": 90, "expires": "2025-07-10T02:00:00Z"}
    assert [one["minutes"] for one in ana.get("pay/lieu/uses").json()] == [60]
    assert ana.delete(f"pay/lieu/uses/{made.json()['id']}").status_code == 204
    assert ana.delete(f"pay/lieu/uses/{made.json()['id']}").status_code == 409
    assert ana.get("pay/lieu/uses").json() == []


def test_a_list_costs_the_same_number_of_queries_for_any_number_of_rows(payroll, call, subtests):
    payroll.covered(10)
    payroll.refresh()
    caller = call("mia")

    def queries(**query):
        with CaptureQueriesContext(connection) as asked:
            listed(caller, **query)
        return len(asked)

    assert queries(user="ana") == queries() + 1, "one looks up whom it is about"


def test_the_schema_of_these_addresses_has_no_warning():
    text = io.StringIO()
    arguments = ("--urlconf", "oncall.compensation.api.urls", "--validate", "--fail-on-warn")
    call_command("spectacular", *arguments, stdout=text)
    for address in ("/statements:", "/statements/{id}/approve:", "/disputes/{id}/messages:", "/lieu/uses:"):
        assert address in text.getvalue()
