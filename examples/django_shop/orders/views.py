"""The one page of the shop: it takes orders."""

import json

from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from orders.models import Order
from orders.tasks import fulfil


@csrf_exempt
@transaction.atomic
def place_order(request: HttpRequest) -> JsonResponse:
    """Take an order; its task is published when it is committed, and never without it."""
    wish = json.loads(request.body)
    order = Order.objects.create(article=wish["article"], price=wish["price"])
    fulfil.delay_on_commit(order.pk)
    return JsonResponse({"order": order.pk}, status=201)
