"""Mounted at `/api/v1/`. Every address answers with and without its trailing slash."""

from rest_framework.routers import SimpleRouter

from escalation.api.incidents import IncidentViewSet
from escalation.api.webhooks import WebhookViewSet


class EitherSlashRouter(SimpleRouter):
    """A redirect would drop a POST's body, so both forms are the address."""

    def __init__(self) -> None:
        super().__init__()
        self.trailing_slash = "/?"


router = EitherSlashRouter()
router.register("incidents", IncidentViewSet, basename="incident")
router.register("webhooks", WebhookViewSet, basename="webhook")

urlpatterns = router.urls
