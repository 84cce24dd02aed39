"""Mounted at `/api/v1/`. Every address answers with and without its trailing slash."""

from rest_framework.routers import SimpleRouter

from escalation.api.heartbeats import HeartbeatViewSet
from escalation.api.incidents import IncidentViewSet
from escalation.api.maintenance import (
    CancelMaintenanceView,
    EndMaintenanceView,
    MaintenanceListView,
    MaintenanceView,
)
from escalation.api.routing import RoutingRuleViewSet
from escalation.api.services import ServiceViewSet
from escalation.api.webhooks import WebhookViewSet
from oncall.api.urls import both


class EitherSlashRouter(SimpleRouter):
    """A redirect would drop a POST's body, so both forms are the address."""

    def __init__(self) -> None:
        super().__init__()
        self.trailing_slash = "/?"


router = EitherSlashRouter()
router.register("incidents", IncidentViewSet, basename="incident")
router.register("webhooks", WebhookViewSet, basename="webhook")
router.register("services", ServiceViewSet, basename="service")
router.register("routing-rules", RoutingRuleViewSet, basename="routing-rule")
router.register("heartbeats", HeartbeatViewSet, basename="heartbeat")

urlpatterns = [
    *router.urls,
    *both("maintenance", MaintenanceListView),
    *both("maintenance/<int:pk>", MaintenanceView),
    *both("maintenance/<int:pk>/end", EndMaintenanceView),
    *both("maintenance/<int:pk>/cancel", CancelMaintenanceView),
]
