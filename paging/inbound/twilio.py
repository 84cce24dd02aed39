"""What Twilio posts to us: whether Twilio sent it, and its form.

https://www.twilio.com/docs/usage/security#validating-requests. Twilio signs the address that it was told,
so what is checked is PUBLIC_URL and the path; the host that a request names is anybody's word.
"""

import hmac
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, QueryDict
from django.views.decorators.csrf import csrf_exempt
from twilio.request_validator import RequestValidator, add_port, remove_port

from paging.inbound.posted import body_of, refusal

P = ParamSpec("P")
Form = dict[str, str]
"""The fields of a callback by name; of a name that came twice, the last value."""

SIGNATURE = "X-Twilio-Signature"
MAX_BYTES = 32 * 1024  # the longest SMS, 1600 characters, is below 20 KB when it is percent-encoded emoji
log = structlog.get_logger(__name__)


def door(view: Callable[Concatenate[HttpRequest, Form, P], HttpResponse]) -> Callable[..., HttpResponse]:
    """A view that Twilio posts to, which gets the form as its second argument.

    Anything but POST is 405, a body above MAX_BYTES 413, and 403 what Twilio did not sign with
    TWILIO_AUTH_TOKEN; so is everything where no token is set. Nothing is read of a form before that.
    """

    @csrf_exempt
    @wraps(view)
    def signed(request: HttpRequest, *args: P.args, **parts: P.kwargs) -> HttpResponse:
        if request.method != "POST":
            return refusal(405, "Send this as POST.", Allow="POST")
        body = body_of(request, most=MAX_BYTES)
        if body is None:
            return refusal(413, "The body is too large.")
        form = _form(body)
        if form is None or not is_signed(
            address_of(request), form, request.headers.get(SIGNATURE, ""), token=settings.TWILIO["auth_token"]
        ):
            log.warning("callback_refused", provider="twilio", door=request.path_info.split("/")[1:3])
            return refusal(403, "The signature is not Twilio's.")
        return view(request, {name: str(form[name]) for name in form}, *args, **parts)

    return signed


def address_of(request: HttpRequest) -> str:
    """The address as Twilio was told it, below PUBLIC_URL."""
    query = request.META.get("QUERY_STRING", "")
    return f"{settings.PUBLIC_URL}{request.path_info}" + (f"?{query}" if query else "")


def is_signed(address: str, form: QueryDict | Form, signature: str, *, token: str) -> bool:
    """Whether the holder of `token` signed this form for this address, with its port or without.

    Never where there is no token. Takes the same time for every wrong signature.
    """
    if not token:
        return False
    validator: Any = RequestValidator(token)
    given, parts = signature.encode(), urlsplit(address)
    same = [
        hmac.compare_digest(validator.compute_signature(one, form).encode(), given)
        for one in (remove_port(parts), add_port(parts))
    ]
    return any(same)


def _form(body: bytes) -> QueryDict | None:
    try:
        return QueryDict(body, encoding="utf-8")
    except TooManyFieldsSent:
        return None
