from django.apps import AppConfig
from django.utils.module_loading import import_string


class CompensationConfig(AppConfig):
    name = "oncall.compensation"
    label = "compensation"
    verbose_name = "Pay"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """What an edit of a schedule does to caps, and what it would cost, is said where it is edited.

        By name: rows can be imported from here on only.
        """
        register = import_string("oncall.advice.register")
        register(import_string("oncall.compensation.advising.over_caps"))
        beside = import_string("oncall.unsaved.beside_preview")
        beside(import_string("oncall.compensation.api.costing.beside_preview"))
