"""Mounted at `/api/v1/`. Every address answers with and without its trailing slash."""

from rest_framework.routers import SimpleRouter

from escalation.api.heartbeats import HeartbeatViewSet
from escalation.api.incidents import IncidentViewSet


class EitherSlashRouter(SimpleRouter):
    """A redirect would drop a POST's body, so both forms are the address."""

    def __init__(self) -> None:
        super().__init__()
        self.trailing_slash = "/?"


router = EitherSlashRouter()
router.register("incidents", IncidentViewSet, basename="incident")
router.register("heartbeats", HeartbeatViewSet, basename="heartbeat")

urlpatterns = router.urls
