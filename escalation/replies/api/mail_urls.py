"""With and without a trailing slash: a redirect loses a body, and with it its signature."""

from django.urls import path

from escalation.replies.api import mail

urlpatterns = [
    path("replies", mail.replies, name="mail-replies"),
    path("replies/", mail.replies),
]
