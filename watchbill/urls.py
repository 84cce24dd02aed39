"""Every address, by floor. The names of intake and API paths are the contract with the outside."""

from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.permissions import AllowAny

from oncall import feeds
from watchbill.web import health

urlpatterns = [
    path("", include("escalation.api.intake_urls")),
    path("twilio/", include("escalation.hotline.api.urls")),
    path("telnyx/", include("paging.api.telnyx_urls")),
    path("telnyx/", include("escalation.replies.api.telnyx_urls")),
    path("mail/", include("escalation.replies.api.mail_urls")),
    re_path(r"^healthz/?$", health.healthz, name="healthz"),
    re_path(r"^readyz/?$", health.readyz, name="readyz"),
    re_path(r"^metrics/?$", health.metrics, name="metrics"),
    path("ical/<str:token>.ics", feeds.feed, name="feed"),
    path("twilio/", include("paging.api.twilio_urls")),
    path("twilio/", include("escalation.replies.api.urls")),
    path("api/v1/", include("escalation.api.urls")),
    path("api/v1/", include("oncall.api.urls")),
    path("api/v1/pay/", include("oncall.compensation.api.urls")),
    path("api/v1/", include("paging.api.urls")),
    path("api/v1/", include("escalation.handover.api.urls")),
    path("api/v1/", include("escalation.rulekeeping.api.urls")),
    path("api/v1/", include("watchbill.reports.api.urls")),
    re_path(r"^api/v1/schema/?$", SpectacularAPIView.as_view(permission_classes=[AllowAny]), name="schema"),
    re_path(
        r"^api/v1/docs/?$",
        SpectacularSwaggerView.as_view(url_name="schema", permission_classes=[AllowAny]),
        name="docs",
    ),
    re_path(r"^api/", health.no_such_address),
    path("admin/", admin.site.urls),
    path("", include("watchbill.web.urls")),
]
