"""Logging in and out."""

from typing import Any

from django.contrib.auth import views
from django.http import HttpRequest, HttpResponseBase

from watchbill.web.pages import with_headers


class Login(views.LoginView):
    template_name = "web/login.html"
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return with_headers(super().dispatch(request, *args, **kwargs))


class Logout(views.LogoutView):
    """POST only, so that no image on another site logs anybody out."""

    next_page = "login"
