"""All that a source said of one alert, with what nobody here knows a place for."""

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from escalation.core.masking import MOST, readable
from escalation.models import Alert
from watchbill.web.pages import for_people, outward, person

PRETTY = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
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
        "sent": readable(orjson.dumps(alert.payload, option=PRETTY), most=MOST_SHOWN)
        if alert.payload
        else "",
    }
    return render(request, "web/alert.html", context)
