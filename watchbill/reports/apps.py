from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "watchbill.reports"
    label = "reports"
    verbose_name = "Pager load"
    default_auto_field = "django.db.models.BigAutoField"
