from django.apps import AppConfig
from django.utils.module_loading import import_string


class CompensationConfig(AppConfig):
    name = "oncall.compensation"
    label = "compensation"
    verbose_name = "Pay"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """What a rotation would cost is said where a schedule is edited. By name: rows can be imported from
        here on only.
        """
        beside = import_string("oncall.unsaved.beside_preview")
        beside(import_string("oncall.compensation.api.costing.beside_preview"))
