from django.apps import AppConfig


class CompensationConfig(AppConfig):
    name = "oncall.compensation"
    label = "compensation"
    verbose_name = "Pay"
    default_auto_field = "django.db.models.BigAutoField"
