"""What every door for a provider's posts does before a signature is looked at."""

from django.http import HttpRequest, HttpResponse

TYPE = "text/plain; charset=utf-8"


def body_of(request: HttpRequest, *, most: int) -> bytes | None:
    """The body; None where it has more than `most` bytes. What cannot be read to its end is empty, and so
    carries no signature.
    """
    try:
        declared = int(request.META.get("CONTENT_LENGTH") or 0)
        body: bytes = b"" if declared > most else request.read(most + 1)
    except Exception:  # noqa: BLE001 - whatever the server's reader raises of a body that is cut
        return b""
    return None if max(declared, len(body)) > most else body


def refusal(status: int, sentence: str, **headers: str) -> HttpResponse:
    return HttpResponse(sentence, status=status, headers=headers, content_type=TYPE)
