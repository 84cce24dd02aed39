"""With and without a trailing slash: a redirect loses a form, and with it its signature."""

from django.urls import path

from escalation.replies.api import views

urlpatterns = [
    path("sms", views.sms, name="twilio-sms"),
    path("sms/", views.sms),
    path("voice/<uuid:message_id>", views.voice, name="twilio-voice"),
    path("voice/<uuid:message_id>/", views.voice),
    path("voice/<uuid:message_id>/key", views.key, name="twilio-key"),
    path("voice/<uuid:message_id>/key/", views.key),
]
