"""Where Telnyx posts what became of a message."""

from django.urls import path

from paging.api import telnyx

urlpatterns = [
    path("status/<uuid:message_id>", telnyx.status, name="telnyx-status"),
    path("status/<uuid:message_id>/", telnyx.status),
]
