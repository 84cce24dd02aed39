from django.apps import AppConfig


class ProvisioningConfig(AppConfig):
    name = "watchbill.provisioning"
    label = "provisioning"
    verbose_name = "Provisioning"
    default_auto_field = "django.db.models.BigAutoField"
