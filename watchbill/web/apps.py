from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "watchbill.web"
    label = "web"
    verbose_name = "Pages for people"
