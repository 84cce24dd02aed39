from django.apps import AppConfig


class WatchbillConfig(AppConfig):
    name = "watchbill"
    verbose_name = "Watchbill"
