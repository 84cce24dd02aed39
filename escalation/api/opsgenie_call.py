"""One request to Opsgenie's API: who sends it, and how each refusal of it reads."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from escalation import intake
from escalation.actions.respond import Refused
from escalation.api.overload import RETRY_AFTER, TOO_FAST, is_overload
from escalation.api.posts import TOO_LARGE, Post, TooLarge, over_limit, refuse, retry_after
from escalation.intake import asking
from escalation.intake.asking import By
from escalation.models import Alert, RoutingKey
from escalation.sources.event import Malformed
from escalation.sources.opsgenie_ids import Number, request_id
from people import clock

SCHEME = re.compile(r"geniekey\s+(\S+)\s*", re.IGNORECASE)
NO_KEY = "Could not authenticate"
NOT_JSON = "Request body is not parsable. Please check the errors."
NOT_PROCESSABLE = "Request body is not processable. Please check the errors."

Answer = tuple[int, dict[str, Any]]
View = Callable[..., Answer]


class NotFound(Exception):
    """What was asked about is not there, for this key; the text is the answer's."""


@dataclass(frozen=True)
class Call:
    """A request of a sender that has a key, and when it came."""

    request: HttpRequest
    key: RoutingKey
    now: datetime
    post: Post

    def body(self) -> bytes:
        return self.post.read(self.request)

    def alerts(self, identifier: str, *, most: int | None = None) -> list[Alert]:
        """Those meant. One that ends in a slash may be the name, or a name and a slash. Raises Malformed."""
        kind = self.request.GET.get("identifierType") or By.ID
        if kind not in set(By):
            raise Malformed(f"'identifierType': it is “{kind[:40]}”; write {', '.join(By)}")
        found = asking.alerts_of(self.key, identifier, by=By(kind), most=most)
        if not found and identifier.endswith("/"):
            found = asking.alerts_of(self.key, identifier[:-1], by=By(kind), most=most)
        return found


def opsgenie(*methods: str) -> Callable[[View], Callable[..., JsonResponse]]:
    """A view that these methods reach: it knows its sender, and every refusal is Opsgenie's own."""
    allowed = {"Allow": ", ".join(methods)}

    def decorate(view: View) -> Callable[..., JsonResponse]:
        @csrf_exempt
        def answered(request: HttpRequest, **parts: str) -> JsonResponse:
            began, now, post = monotonic(), clock.now(), Post(asking.SOURCE)
            if request.method not in methods:
                message = {"message": f"Send this as {' or '.join(methods)}."}
                return refuse(asking.SOURCE, 405, _signed(message, began, now), allowed)
            try:
                status, said = view(Call(request, _key(request), now, post), **parts)
            except tuple(REFUSALS) as fault:
                status, said = REFUSALS[type(fault)](fault)
                if request.method != "GET":  # whoever asks for what is not there has lost nothing
                    post.note(fault, status, _why(said), keys=[_value(request)])
                return refuse(asking.SOURCE, status, _signed(said, began, now), _headers(fault))
            except OperationalError as fault:
                if not is_overload(fault):
                    raise
                return refuse(asking.SOURCE, 429, _signed({"message": TOO_FAST}, began, now), RETRY_AFTER)
            return JsonResponse(_signed(said, began, now), status=status)

        return answered

    return decorate


def _key(request: HttpRequest) -> RoutingKey:
    """The live key of `Authorization: GenieKey <routing key>`. Raises UnknownKey. Without one it asks, too,
    so that an answer's time says nothing.
    """
    return intake.unsigned_key(_value(request), source=asking.SOURCE)


def _value(request: HttpRequest) -> str:
    sent = SCHEME.fullmatch(request.headers.get("Authorization", ""))
    return sent.group(1) if sent else ""


def _why(said: Mapping[str, Any]) -> str:
    return " ".join([said["message"], *said.get("errors", {}).values()])


def _headers(fault: Exception) -> dict[str, str]:
    """Opsgenie's own clients read the second."""
    if isinstance(fault, intake.OverLimit):
        return {**retry_after(fault), "X-RateLimit-State": "THROTTLED"}
    return {}


def _malformed(fault: Malformed) -> Answer:
    status, message = (422, NOT_PROCESSABLE) if fault.is_json else (400, NOT_JSON)
    return status, {"message": message, "errors": _by_field(fault.errors)}


def _by_field(errors: list[str]) -> dict[str, str]:
    """“'alias': it is too long” is said of `alias`; what is said of no field is the body's."""
    found = [(re.match(r"'([^']*)'", error), error) for error in errors]
    return {match.group(1) if match else "body": error for match, error in found}


REFUSALS: Mapping[type[Exception], Callable[[Any], Answer]] = {
    intake.UnknownKey: lambda _: (401, {"message": NO_KEY}),
    intake.OverLimit: lambda fault: (429, {"message": over_limit(fault)}),
    NotFound: lambda fault: (404, {"message": str(fault)}),
    TooLarge: lambda _: (413, {"message": TOO_LARGE}),
    Refused: lambda fault: (422, {"message": str(fault)}),
    Malformed: _malformed,
}


def _signed(body: dict[str, Any], began: float, now: datetime) -> dict[str, Any]:
    """With what every answer has: how long it took, in seconds, and a number."""
    return {"took": round(monotonic() - began, 3), "requestId": request_id(Number(at=now)), **body}
