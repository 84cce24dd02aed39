"""How I am reached: my contact methods, my rules, what they come to, and a test page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST

from paging import loading
from paging.actions import contacts, testing, verifying
from paging.actions.contacts import Refused
from paging.core.code import VALID
from paging.core.readiness import OPTED_OUT, REMOVED
from paging.core.rules import Rule
from paging.models import ContactMethod
from paging.reaching import Sent, codes_sent, last_test_page, readiness, shared
from people.ledger.record import Actor
from people.models import User
from watchbill.web import reached, rules_form
from watchbill.web.contact_card import card_address
from watchbill.web.pages import for_people, person, scripted
from watchbill.web.rules_form import URGENCIES, Draft

ACTIONS = ("code", "verify", "remove")
LONGEST_TYPED = 1000
UNDERWAY = frozenset({"pending", "claimed", "unknown"})


@dataclass(frozen=True, kw_only=True)
class Way:
    """A contact method as its person sees it. `code` is one that is on its way or was sent."""

    method: ContactMethod
    code: Sent | None
    shared: bool
    printed: bool
    """No provider carries it: its messages stand in the output of the server."""

    @property
    def usable(self) -> bool:
        return bool(self.method.verified_at) and not self.method.disabled_reason

    @property
    def opted_out(self) -> bool:
        return self.method.disabled_reason.startswith(OPTED_OUT)

    @property
    def removed(self) -> bool:
        return self.method.disabled_reason.startswith(REMOVED)


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def index(request: HttpRequest) -> HttpResponse:
    """The page; a POST is the form of the rules, which is saved or shown again with what a button did."""
    if request.method != "POST":
        return _page(request)
    draft = rules_form.read(request.POST)
    act = request.POST.get("act", "save")
    if draft.act(act):
        return _page(request, draft=draft)
    if draft.faults:
        return _page(request, draft=draft, status=400)
    by, now = _by(request), timezone.now()
    try:
        with transaction.atomic():
            for urgency in URGENCIES:
                wanted = [(rule.via, rule.after) for rule in draft.rules(urgency)]
                contacts.set_rules(user=person(request), urgency=urgency, rules=wanted, by=by, now=now)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return _page(request, draft=draft, status=400)
    messages.success(request, "Saved. This is how you will be paged.")
    return redirect("/reach#main")


@require_POST
@for_people
def preview(request: HttpRequest) -> HttpResponse:
    """POST `/reach/preview`: the drawing of what is on the form, for the page to put in. Nothing is saved."""
    draft = rules_form.read(request.POST)
    return render(request, "web/reach_drawn.html", _drawn(person(request), draft))


@require_POST
@for_people
def add(request: HttpRequest) -> HttpResponse:
    typed = {name: request.POST.get(name, "") for name in ("kind", "address")}
    try:
        method = verifying.add_own_method(user=person(request), **typed, by=_by(request), now=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
        return _page(
            request, typed={name: value[:LONGEST_TYPED] for name, value in typed.items()}, status=400
        )
    if method.signing_secret:
        words = "What is posted to it is signed with {}; this secret is not shown again."
        messages.warning(request, format_html(words, method.signing_secret))
    return _back(request, method, "A code is on its way. Enter it below.")


@require_POST
@for_people
def act(request: HttpRequest, number: int, action: str) -> HttpResponse:
    """POST `/reach/<id>/code|verify|remove`: one's own only."""
    method = get_object_or_404(ContactMethod, pk=number, user=person(request))
    by, now = _by(request), timezone.now()
    try:
        if action == "code":
            verifying.ask_code(method=method, by=by, now=now)
            said = "A code is on its way. Enter it below."
        elif action == "verify":
            verifying.verify(method=method, code=request.POST.get("code", ""), by=by, now=now)
            said = "Verified: you can be paged by it."
        else:
            verifying.remove(method=method, by=by, now=now)
            said = "You are no longer paged by it."
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("reach")
    return _back(request, method, said)


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def test_page(request: HttpRequest) -> HttpResponse:
    """`/reach/test`: POST sends one; GET is how far each message of it is, for the page to put in."""
    user, now = person(request), timezone.now()
    if request.method != "POST":
        return render(request, "web/reach_test.html", _test(user))
    try:
        testing.send_test_page(user=user, urgency=request.POST.get("urgency", ""), by=_by(request), now=now)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("/reach#test")


@require_POST
@for_people
def end_test(request: HttpRequest) -> HttpResponse:
    testing.end_test_page(user=person(request), by=_by(request), now=timezone.now())
    return redirect("/reach#test")


def _page(
    request: HttpRequest,
    *,
    draft: Draft | None = None,
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    user, now = person(request), timezone.now()
    unsaved = draft is not None
    draft = draft or rules_form.stored(_rules(user))
    ways = _ways(user, now=now)
    context = {
        "here": "reach",
        "reader": user,
        "ways": [way for way in ways if not way.removed],
        "gone": [way for way in ways if way.removed],
        "kinds": ContactMethod.Kind.choices,
        "presets": [(name, title) for name, (title, _) in rules_form.PRESETS.items()],
        "typed": typed or {},
        "contact_card": card_address(),
        "remarks": readiness([user.pk], now=now)[user.pk],
        "unsaved": unsaved,
        "urgencies": [(urgency, reached.TITLES[urgency], draft.rows[urgency]) for urgency in URGENCIES],
        "valid": int(VALID.total_seconds() // 60),
        **_drawn(user, draft),
        **_test(user),
    }
    return scripted(render(request, "web/reach.html", context, status=status))


def _rules(user: User) -> list[Sequence[Rule]]:
    found = loading.rules([user.pk])
    return [found.get((user.pk, urgency), ()) for urgency in URGENCIES]


def _drawn(user: User, draft: Draft) -> dict[str, Any]:
    usable = list(ContactMethod.objects.filter(loading.USABLE, user=user).order_by("pk"))
    rules = {urgency: draft.rules(urgency) for urgency in URGENCIES}
    return {
        "lines": reached.lines(usable, rules),
        "news": reached.news(usable, rules),
        "usable": usable,
        "faults": draft.faults,
    }


def _test(user: User) -> dict[str, Any]:
    page = last_test_page(user)
    rows = sorted(page.notifications.all(), key=lambda one: (one.due_at, one.pk)) if page else []
    going = page is not None and page.stopped_at is None and any(one.state in UNDERWAY for one in rows)
    answered = page is not None and page.stop_reason.startswith("answered")
    return {"reader": user, "test": page, "steps": rows, "going": going, "answered": answered}


def _ways(user: User, *, now: datetime) -> list[Way]:
    codes, also = codes_sent(user, now=now), shared(user)
    return [
        Way(
            method=method,
            code=codes.get(method.pk),
            shared=method.pk in also,
            printed=_printed(method.kind),
        )
        for method in user.contact_methods.order_by("pk")
    ]


def _printed(kind: str) -> bool:
    return set(settings.PAGING_CHANNELS.get(kind, ())) == {settings.OUTBOX}


def _back(request: HttpRequest, method: ContactMethod, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect(f"/reach#method-{method.pk}")


def _by(request: HttpRequest) -> Actor:
    return Actor.person(person(request), via="web")
