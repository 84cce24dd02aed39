"""Parts of the organisation's document that nothing acts on yet, kept word for word."""

from django.db import models


class KeptPart(models.Model):
    """One named item of a section, such as ("pay_plans", "Engineering US"): exported as it came in."""

    section = models.CharField(max_length=40)
    name = models.CharField(max_length=100)
    body = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["section", "name"], name="one_kept_part_per_name")]

    def __str__(self) -> str:
        return f"{self.section} “{self.name}”"
