"""A list's filters stand in its address, where anybody may write anything."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

NUL = "\x00"


class CleanQueries:
    """For an admin of any model: a filter with NUL, which PostgreSQL refuses, is the list without filters."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if any(NUL in value for values in request.GET.lists() for value in values[1]):
            return redirect(request.path)
        answer: HttpResponse = super().changelist_view(request, extra_context)  # type: ignore[misc]  # the admin's
        return answer
