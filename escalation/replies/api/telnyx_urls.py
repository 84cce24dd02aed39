"""With and without a trailing slash: a redirect loses a body, and with it its signature."""

from django.urls import path

from escalation.replies.api import telnyx

urlpatterns = [
    path("sms", telnyx.sms, name="telnyx-sms"),
    path("sms/", telnyx.sms),
]
