from django.apps import AppConfig


class WatchConfig(AppConfig):
    name = "watchbill.watch"
    label = "watch"
    verbose_name = "Watch over the site itself"
    default_auto_field = "django.db.models.BigAutoField"
