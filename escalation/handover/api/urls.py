"""Mounted at /api/v1/. Each address answers with and without a trailing slash, and neither redirects."""

from django.urls import register_converter
from django.urls.converters import IntConverter

from escalation.handover.api.views import ConfirmView, HandoffsView, HandoffView, NoteView
from oncall.api.urls import both


class NumberConverter(IntConverter):
    """A number that fits the database; a longer one is no address."""

    regex = "[0-9]{1,18}"


register_converter(NumberConverter, "number")

urlpatterns = [
    *both("handoffs", HandoffsView),
    *both("handoffs/<number:pk>", HandoffView),
    *both("handoffs/<number:pk>/note", NoteView),
    *both("handoffs/<number:pk>/confirm", ConfirmView),
]
