"""What every page for people has in common: its headers, its methods, and who may open it."""

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.cache import never_cache

from people.models import User

# Our own style sheet and nothing else: no script at all, and no page of ours inside another's frame.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
# Where a page of ours looks at what is typed: a script of ours, which may ask nobody but us.
WITH_SCRIPT = f"{CONTENT_SECURITY_POLICY}; script-src 'self'; connect-src 'self'"
View = Callable[..., HttpResponse]
Response = TypeVar("Response", bound=HttpResponseBase)


def guarded(view: View) -> View:
    """The strict headers of a page that runs no script; `scripted` loosens them for one that does."""

    @wraps(view)
    @never_cache
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return with_headers(view(request, *args, **kwargs))

    return answered


def with_headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    return response


def scripted(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = WITH_SCRIPT
    return response


def outward(links: Iterable[Sequence[str]]) -> list[tuple[str, str, str]]:
    """Links as pages show them: label, address, host. Each address once, and only those of the web."""
    by_address: dict[str, str] = {}
    for label, address in links:
        if address.startswith(("https://", "http://")):
            by_address.setdefault(address, label)
    return [(label, address, address.split("/")[2]) for address, label in by_address.items()]


def for_people(view: View) -> View:
    """A guarded page for everybody who has logged in."""
    return guarded(login_required(view))


def person(request: HttpRequest) -> User:
    """Who has logged in. Only asked on pages that let nobody else in."""
    return cast("User", request.user)
