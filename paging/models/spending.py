"""What messages cost."""

from django.db import models


class MonthOfSpending(models.Model):
    """What messages cost in a calendar month of UTC (“2026-11”), as far as was last looked.

    `warned` is the share of the cap, in percent, of which administrators were told last.
    """

    month = models.CharField(max_length=7, unique=True)
    spent = models.DecimalField(max_digits=14, decimal_places=5, default=0)
    warned = models.PositiveSmallIntegerField(default=0)
    wake_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.spent.normalize():f} in {self.month}"
