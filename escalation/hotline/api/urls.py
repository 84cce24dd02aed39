"""Where Twilio asks about calls to a hot line, below /twilio/."""

from django.urls import path, re_path

from escalation.hotline.api import views

urlpatterns = [
    re_path(r"^call-in/?$", views.start, name="hot-call"),
    re_path(r"^call-in/ended/?$", views.ended, name="hot-call-ended"),
    path("call-in/rings/<int:ring>/whisper", views.whisper, name="hot-call-whisper"),
    path("call-in/rings/<int:ring>/answer", views.answer, name="hot-call-answer"),
    path("call-in/rings/<int:ring>/after", views.after, name="hot-call-after"),
    path("call-in/<int:call>/message", views.message, name="hot-call-message"),
]
