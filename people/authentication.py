"""`Authorization: Bearer <token>` for the REST API."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from people.models import ApiToken, User


class BearerAuthentication(BaseAuthentication):
    """Looked up by digest, so that the time of an answer says nothing about which tokens exist."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _, secret = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        token = (
            ApiToken.objects.select_related("user")
            .filter(
                digest=ApiToken.digest_of(secret.strip().decode("latin-1")),
                revoked_at=None,
                user__is_active=True,
            )
            .first()
        )
        if token is None:
            raise AuthenticationFailed(
                "This token is not known or was revoked; `manage.py token USER` makes one."
            )
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "people.authentication.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
