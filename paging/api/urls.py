"""Mounted at /api/v1/. Each address answers with and without a trailing slash, and neither redirects."""

from django.urls import URLPattern, re_path
from rest_framework.views import APIView

from paging.api import views


def both(route: str, view: type[APIView]) -> list[URLPattern]:
    """The address, and the same with a slash, which the schema leaves out."""
    return [
        re_path(rf"^{route}/$", view.as_view(schema=None)),
        re_path(rf"^{route}$", view.as_view()),
    ]


METHOD = r"me/contact-methods/(?P<pk>[0-9]{1,18})"

urlpatterns = [
    *both("me/contact-methods", views.ContactMethodsView),
    *both(METHOD, views.ContactMethodView),
    *both(f"{METHOD}/code", views.CodeView),
    *both(f"{METHOD}/verify", views.VerifyView),
    *both("me/rules", views.RulesView),
    *both("me/test-page", views.TestPageView),
    *both("readiness", views.ReadinessView),
]
