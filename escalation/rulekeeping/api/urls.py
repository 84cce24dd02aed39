"""Mounted at `/api/v1/`. Every address answers with and without its trailing slash."""

from escalation.api.urls import EitherSlashRouter
from escalation.rulekeeping.api.views import RuleViewSet

router = EitherSlashRouter()
router.register("alert-rules", RuleViewSet, basename="alert-rule")

urlpatterns = router.urls
