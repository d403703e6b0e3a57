"""An order."""

from django.db import models


class Order(models.Model):
    """What somebody has ordered, and how far it is."""

    class Status(models.TextChoices):
        """How far an order is."""

        OPEN = "open"
        PAID = "paid"
        SENT = "sent"

    article = models.CharField(max_length=100)
    price = models.DecimalField(max_digits=8, decimal_places=2)
    status = models.CharField(max_length=4, choices=Status.choices, default=Status.OPEN)
    placed_at = models.DateTimeField(auto_now_add=True)
