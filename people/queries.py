"""A list's filters stand in its address, where anybody may write anything."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

NUL = "\x00"


class CleanQueries:
    """For an admin of any model: a filter that no database can answer (NUL, the year 9999) is passed over."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if any(NUL in value for values in request.GET.lists() for value in values[1]):
            return redirect(request.path)
        try:
            answer: HttpResponse = super().changelist_view(request, extra_context)  # type: ignore[misc]  # the admin's
        except (ValueError, OverflowError):  # a year 9999 has no year after it
            if request.method != "GET" or not request.GET:
                raise
            return redirect(request.path)
        return answer
