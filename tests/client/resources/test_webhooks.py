"""Webhooks through the client, sync and async."""

import uuid

import pytest

from celeriac.client import errors
from lab.harness.servers import API
from lab.harness.waiting import wait_until
from tests.client.sides import Side


def test_an_endpoint_is_put_and_what_it_gets_is_listed(side: Side, api: API) -> None:
    name, url = f"e-{uuid.uuid4().hex[:8]}", "https://nowhere.example/"
    with side.client(f"http://127.0.0.1:{api.port}") as client:
        new = client.put_endpoint(name, url, on=["cancelled"], names=["unserved"])
        assert (new["url"], new["on"], new["names"], new["disabled"]) == (
            url,
            ["cancelled"],
            ["unserved"],
            False,
        )
        assert client.endpoint(name) == new
        assert new in client.endpoints()
        task = client.submit("unserved")
        task.cancel()
        client.delete_endpoint(name)
        with pytest.raises(errors.EndpointNotFound):
            client.endpoint(name)
        delivery = wait_until(lambda: next(iter(client.deliveries(task_id=task.id)), None))
        assert (delivery["endpoint"], delivery["type"]) == (name, "task.cancelled")
        assert client.delivery(delivery["delivery_id"])["webhook_id"] == delivery["webhook_id"]
        with pytest.raises(errors.DeliveryNotEnded):
            client.retry_delivery(delivery["delivery_id"])
        with pytest.raises(errors.DeliveryNotFound):
            client.delivery(task.id)
        first, second = client.rotate_webhook_secret(), client.rotate_webhook_secret()
        assert first["secret"] != second["secret"]
        assert second["previous_until"]
