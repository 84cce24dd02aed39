"""Where Twilio posts what became of a message. With and without a trailing slash: a redirect loses a form."""

from django.urls import path

from paging.api import twilio

urlpatterns = [
    path("status/<uuid:message_id>", twilio.status, name="twilio-status"),
    path("status/<uuid:message_id>/", twilio.status),
]
