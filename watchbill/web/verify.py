"""The page behind the link in a mail with a code. The token is the authority: who has it reads that mailbox.

GET changes nothing, because mail scanners open every address. POST verifies.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from paging.actions.contacts import Refused
from paging.actions.verifying import verify_by_link
from paging.core.address import masked
from paging.links import BadLink, read_verify_token
from paging.models import Verification
from watchbill.web.link import private
from watchbill.web.pages import guarded

GONE = "This link is not known any more. Ask for a new code."


@csrf_exempt  # no session is read: the signature in the address says who is asking
@require_http_methods(["GET", "HEAD", "POST"])
@guarded
def verify(request: HttpRequest, token: str) -> HttpResponse:
    """`/verify/<token>`: 403 for a link that is not ours, 410 for one that counts no more."""
    try:
        number = read_verify_token(token)
    except BadLink as fault:
        return _answer(request, status=403, sentence=str(fault))
    row = Verification.objects.select_related("method__user").filter(pk=number).first()
    if row is None or not row.method.user.is_active:
        return _answer(request, status=410, sentence=GONE)
    shown: dict[str, Any] = {"method": row.method, "address": masked(row.method.address)}
    if request.method != "POST":
        return _answer(request, **shown)
    try:
        verify_by_link(verification_id=number, now=timezone.now())
    except Refused as refusal:
        return _answer(request, status=410, sentence=str(refusal))
    return _answer(request, done=True, **shown)


def _answer(request: HttpRequest, *, status: int = 200, **context: object) -> HttpResponse:
    return private(render(request, "web/verify.html", context, status=status))
