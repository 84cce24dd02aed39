"""All that a source said of one alert, with what nobody here knows a place for."""

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from escalation.core.masking import MOST, readable
from escalation.models import Alert
from watchbill.web.pages import for_people, outward, person

MOST_SHOWN = 4 * MOST


@require_safe
@for_people
def detail(request: HttpRequest, number: str) -> HttpResponse:
    rows = Alert.objects.select_related("service", "origin", "incident").filter(incident__isnull=False)
    alert = get_object_or_404(rows, pk=int(number))
    context = {
        "here": "incidents",
        "reader": person(request),
        "alert": alert,
        "labels": sorted(alert.labels.items()),
        "links": outward(alert.links),
        "sent": readable(_spelled(alert.payload), most=MOST_SHOWN) if alert.payload else "",
    }
    return render(request, "web/alert.html", context)


def _spelled(payload: object) -> bytes:
    """By the standard library: PostgreSQL hands 1e30 back as a whole number, which orjson does not write."""
    return json.dumps(payload, indent=2, ensure_ascii=False).encode("utf-8", "replace")
