from django.apps import AppConfig


class PagingConfig(AppConfig):
    name = "paging"
    verbose_name = "Paging"
    default_auto_field = "django.db.models.BigAutoField"
