"""One post of a sender: its body, and what is noted where it is refused."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, JsonResponse

from escalation import intake
from escalation.core.masking import HEAD
from escalation.sources.event import MAX_BYTES, Malformed, NotGenuine
from people import clock, metrics

TOO_LARGE = f"The body is larger than {MAX_BYTES // 1024} KB."
NOT_GENUINE = "Not genuine: {}. Its sender heard that there is no such key."


class TooLarge(Exception):
    """The body is over the limit; of its `size` bytes, None where it said no size, `beginning` was read."""

    def __init__(self, beginning: bytes = b"", size: int | None = None) -> None:
        super().__init__()
        self.beginning = beginning
        self.size = size


class NoSource(Exception):
    """Nothing is read at such an address, whichever key stands in it."""


def read_body(request: HttpRequest) -> bytes:
    """The body, at most MAX_BYTES of it. Raises TooLarge, Malformed."""
    try:
        declared = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        declared = 0
    if declared > MAX_BYTES:
        raise TooLarge(_beginning(request), declared)
    try:
        body: bytes = _stream(request).read(MAX_BYTES + 1)
    except Exception as fault:  # whatever the server's reader raises of a body that is cut or badly chunked
        raise Malformed("The body could not be read to its end.", is_json=False) from fault
    if len(body) > MAX_BYTES:
        raise TooLarge(body)
    return body


def _beginning(request: HttpRequest) -> bytes:
    """As much as whoever sets its sender up is shown, and finds the key in."""
    with suppress(Exception):  # as above; nothing hangs on it
        read: bytes = _stream(request).read(HEAD)
        return read
    return b""


def _stream(request: HttpRequest) -> Any:
    """Django takes a body without Content-Length for an empty one; the server below it knows better."""
    chunked = request.META.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked"
    return request.META["wsgi.input"] if chunked else request


def answer(body: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    """What is taken in is answered in this way: of Django's own, most of the time goes into its JSON."""
    return HttpResponse(orjson.dumps(body), content_type="application/json", status=status)


def refuse(
    source: str, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> JsonResponse:
    metrics.EVENTS_REFUSED.labels(source=source, status=str(status)).inc()
    return JsonResponse(body, status=status, headers=headers)


def over_limit(fault: intake.OverLimit) -> str:
    """What whoever sends too much hears."""
    return (
        f"More than {fault.limit} events a minute come by this key, so nothing that this triggers was taken "
        f"in; send it again in {fault.retry_after} s. Managers can raise the limit on the key's page in the "
        "admin."
    )


def retry_after(fault: intake.OverLimit) -> dict[str, str]:
    return {"Retry-After": str(fault.retry_after)}


class Post:
    """What came by one request to `source`; `body` is what was read of it."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.body = b""

    def read(self, request: HttpRequest) -> bytes:
        """Raises TooLarge, Malformed."""
        try:
            self.body = read_body(request)
        except TooLarge as fault:
            self.body = fault.beginning
            raise
        return self.body

    def note(self, fault: Exception, status: int, why: str, *, keys: Iterable[str], query: str = "") -> None:
        """For the page of the key, if any of `keys` is one: that its post was refused, and `why`. What had no
        body is shown by the `query` of its address. Who has no key is not told from who has one.
        """
        if isinstance(fault, intake.UnknownKey):
            why = _behind(fault)
        refusal = intake.Refusal(
            keys=tuple(keys),
            source=self.source,
            status=status,
            why=why,
            at=clock.now(),
            body=self.body or query.encode("utf-8", "replace"),
            size=fault.size if isinstance(fault, TooLarge) else None,
            over=fault if isinstance(fault, intake.OverLimit) else None,
            genuine=not isinstance(fault.__cause__, NotGenuine),
        )
        intake.note_refusal(refusal)


def _behind(fault: intake.UnknownKey) -> str:
    """Why a post was answered as if its key were none; nothing where it is none."""
    match fault.__cause__:
        case NotGenuine() as cause:
            return NOT_GENUINE.format(cause)
        case NoSource() as cause:
            return str(cause)
        case _:
            return ""
