"""Webhooks over HTTP: who is notified, what is sent, what is refused."""

import json
from typing import Any

import httpx
import pytest
from redis import Redis
from standardwebhooks.webhooks import Webhook

from lab.harness.waiting import wait_until
from tests.http.webhooks.conftest import Ends
from tests.http.webhooks.receiver import Receiver, receiving
from tests.support.door import Document, document, problem_of, shown


def submit(client: httpx.Client, *notify: dict[str, Any], name: str = "unserved", **options: Any) -> Document:
    """A task that waits, and whom it notifies of its end."""
    body = {"name": name, "input": {}, "notify": list(notify), **options}
    response = client.post("/tasks", json=body)
    assert response.status_code == 202, response.text
    return dict(document(response))


def deliveries(client: httpx.Client, task: Document) -> list[Document]:
    """The deliveries of its end, the newest first."""
    return list(document(client.get("/deliveries", params={"task_id": task["task_id"]}))["items"])


def delivered(client: httpx.Client, task: Document, count: int = 1) -> list[Document]:
    """The same, as soon as so many have ended."""

    def all_ended() -> list[Document] | None:
        items = deliveries(client, task)
        is_done = len(items) == count and all(item["ended_at"] for item in items)
        return items if is_done else None

    return wait_until(all_ended)


def test_the_end_of_a_task_is_sent_signed_with_its_document(
    hooked: httpx.Client, ends: Ends, receiver: Receiver
) -> None:
    secret = document(hooked.post("/webhooks/secret/rotate"))["secret"]
    task = submit(hooked, {"url": f"{receiver.url}/signed?a=b"})
    ends.succeed(task["task_id"], {"sum": 2**70, "text": "é"})
    (request,) = receiver.at("/signed?a=b")
    Webhook(secret).verify(request.body, request.headers)
    assert request.document == {
        "type": "task.succeeded",
        "timestamp": request.document["data"]["ended_at"],
        "result_omitted": False,
        "data": shown(hooked, task),
    }
    assert request.headers["content-type"] == "application/json"
    (delivery,) = delivered(hooked, task)
    assert delivery["delivery_id"] == delivery["webhook_id"] == request.headers["webhook-id"]
    assert (delivery["state"], delivery["url"], delivery["error"]) == (
        "succeeded",
        f"{receiver.url}/signed?a=b",
        None,
    )
    assert [attempt["status"] for attempt in delivery["attempts"]] == [200]
    assert document(hooked.get(delivery["links"]["self"])) == delivery


def test_only_the_ends_that_were_asked_for_are_sent_each_to_its_url(
    hooked: httpx.Client, ends: Ends, receiver: Receiver
) -> None:
    url = receiver.url
    targets: list[dict[str, Any]] = [
        {"url": f"{url}/all"},
        {"url": f"{url}/failed", "on": ["failed", "expired"]},
        {"url": f"{url}/ok", "on": ["succeeded"]},
    ]
    failed, cancelled = submit(hooked, *targets), submit(hooked, *targets)
    ends.fail(failed["task_id"])
    hooked.post(cancelled["links"]["cancel"])
    assert {item["url"] for item in delivered(hooked, failed, 2)} == {f"{url}/all", f"{url}/failed"}
    assert {item["url"] for item in delivered(hooked, cancelled)} == {f"{url}/all"}
    assert {request.document["type"] for request in receiver.at("/all", 2)} == {
        "task.failed",
        "task.cancelled",
    }
    (request,) = receiver.at("/failed")
    assert request.document["data"]["error"]["type"] == "ValueError"
    assert not [request for request in receiver.received if request.path == "/ok"]


def test_an_end_that_nobody_ran_is_sent_as_well(hooked: httpx.Client, receiver: Receiver) -> None:
    expired = submit(hooked, {"url": f"{receiver.url}/expired"}, expires=0)
    (request,) = receiver.at("/expired")
    assert (request.document["type"], request.document["data"]["task_id"]) == (
        "task.expired",
        expired["task_id"],
    )


def test_a_replayed_submission_notifies_once_and_another_notify_is_another_submission(
    hooked: httpx.Client, ends: Ends, receiver: Receiver
) -> None:
    body = {"name": "unserved", "notify": [{"url": f"{receiver.url}/once"}]}
    key = {"Idempotency-Key": "notified once"}
    first, again = (hooked.post("/tasks", json=body, headers=key) for _ in range(2))
    assert document(first)["task_id"] == document(again)["task_id"]
    other = {**body, "notify": [{"url": f"{receiver.url}/other"}]}
    assert problem_of(hooked.post("/tasks", json=other, headers=key)) == (422, "idempotency-conflict")
    ends.succeed(document(first)["task_id"])
    delivered(hooked, document(first))
    assert len(receiver.at("/once")) == 1


def test_a_retry_of_a_task_notifies_the_same(hooked: httpx.Client, ends: Ends, receiver: Receiver) -> None:
    task = submit(hooked, {"url": f"{receiver.url}/again"})
    ends.fail(task["task_id"])
    again = document(hooked.post(task["links"]["retry"]))
    ends.succeed(again["task_id"])
    requests = receiver.at("/again", 2)
    assert [request.document["data"]["task_id"] for request in requests] == [
        task["task_id"],
        again["task_id"],
    ]


def test_a_failure_is_tried_again_with_the_same_id_until_it_succeeds(
    hooked: httpx.Client, ends: Ends, receiver: Receiver
) -> None:
    receiver.answers["/flaky"] = [500, 302]
    task = submit(hooked, {"url": f"{receiver.url}/flaky"})
    ends.succeed(task["task_id"])
    (delivery,) = delivered(hooked, task)
    assert [attempt["status"] for attempt in delivery["attempts"]] == [500, 302, 200]
    assert [attempt["error"] for attempt in delivery["attempts"]] == [
        "the receiver answered 500",
        "the receiver answered 302, and redirects are not followed",
        None,
    ]
    requests = receiver.at("/flaky", 3)
    assert {request.headers["webhook-id"] for request in requests} == {delivery["webhook_id"]}
    assert len({request.body for request in requests}) == 1
    assert not [request for request in receiver.received if request.path == "/redirected"]
    assert "cookie" not in requests[2].headers


def test_a_delivery_that_was_given_up_is_sent_again_when_it_is_asked_for(
    hooked: httpx.Client, ends: Ends, receiver: Receiver
) -> None:
    receiver.answers["/down"] = [503] * 4
    task = submit(hooked, {"url": f"{receiver.url}/down"})
    ends.succeed(task["task_id"])
    (delivery,) = delivered(hooked, task)
    assert (delivery["state"], delivery["error"], len(delivery["attempts"])) == (
        "failed",
        "the receiver answered 503",
        4,
    )
    response = hooked.post(delivery["links"]["retry"])
    again = document(response)
    assert (response.status_code, again["retry_of"]) == (202, delivery["delivery_id"])
    assert again["webhook_id"] == delivery["webhook_id"] != again["delivery_id"]
    newest, _ = delivered(hooked, task, 2)
    assert (newest["delivery_id"], newest["state"]) == (again["delivery_id"], "succeeded")
    assert {request.headers["webhook-id"] for request in receiver.at("/down", 5)} == {delivery["webhook_id"]}
    assert problem_of(hooked.post(f"/deliveries/{task['task_id']}/retry")) == (404, "delivery-not-found")


def test_410_ends_a_delivery_and_those_to_the_same_url_for_a_day(
    hooked: httpx.Client, ends: Ends, receiver: Receiver
) -> None:
    receiver.answers["/gone"] = [410]
    for error in (
        "the receiver answered 410",
        "a receiver at this URL answered 410 Gone during the last day",
    ):
        task = submit(hooked, {"url": f"{receiver.url}/gone"})
        ends.succeed(task["task_id"])
        (delivery,) = delivered(hooked, task)
        assert (delivery["state"], delivery["error"]) == ("failed", error)
    assert len(receiver.at("/gone")) == 1
    hooked.post(delivery["links"]["retry"])
    assert len(receiver.at("/gone", 2)) == 2


def test_a_large_result_is_left_out_and_a_large_answer_is_not_read(
    hooked: httpx.Client, ends: Ends, receiver: Receiver
) -> None:
    sent = []

    def flood(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("transfer-encoding", "chunked")
        handler.end_headers()
        for _ in range(100_000):
            handler.wfile.write(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
            sent.append(65_536)

    receiver.acts["/flood"] = flood
    task = submit(hooked, {"url": f"{receiver.url}/flood"})
    ends.succeed(task["task_id"], "x" * 20_000)
    (delivery,) = delivered(hooked, task)
    assert delivery["state"] == "succeeded"
    (request,) = receiver.at("/flood")
    assert (request.document["result_omitted"], request.document["data"]["result"]) == (True, None)
    wait_until(lambda: receiver.open == 0)
    assert sum(sent) < 20_000_000


def test_what_nobody_answers_is_late_and_its_host_delays_no_other(
    hooked: httpx.Client, ends: Ends, receiver: Receiver
) -> None:
    with receiving("127.0.0.2") as slow:
        slow.acts["/slow"] = lambda _: slow.wait()
        tasks = [submit(hooked, {"url": f"{slow.url}/slow"}) for _ in range(30)]
        for task in tasks:
            ends.succeed(task["task_id"])
        slow.at("/slow", 10)
        other = submit(hooked, {"url": f"{receiver.url}/quick"})
        ends.succeed(other["task_id"])
        receiver.at("/quick")
        assert slow.most_open <= 10
        late = wait_until(lambda: next(iter(deliveries(hooked, tasks[0])[0]["attempts"]), None))
        assert late["error"] == "no answer within 2 s"
        slow.released.set()
        for task in tasks:
            assert delivered(hooked, task)[0]["state"] == "succeeded"


@pytest.mark.parametrize(
    ("notify", "pointer"),
    [
        ([{"url": "ftp://example.com/"}], "/notify/0/url"),
        ([{"url": "https://example.com/"}, {"url": "http://10.0.0.1/"}], "/notify/1/url"),
        ([{"url": "https://u:p@example.com/"}], "/notify/0/url"),
        ([{"url": "https://example.com/", "on": []}], "/notify/0/on"),
        ([{"url": "https://example.com/", "on": ["queued"]}], "/notify/0/on/0"),
        ([{"url": "https://example.com/", "secret": "x"}], "/notify/0/secret"),
        ([{"url": "https://example.com/"}] * 6, "/notify"),
        ([], "/notify"),
        ("https://example.com/", "/notify"),
        (None, "/notify"),
    ],
)
def test_what_is_no_notification_is_refused_with_a_pointer(
    hooked: httpx.Client, notify: Any, pointer: str
) -> None:
    response = hooked.post("/tasks", json={"name": "unserved", "notify": notify})
    assert problem_of(response) == (422, "invalid-input")
    assert document(response)["errors"][0]["pointer"] == pointer
    submission = {"name": "unserved", "notify": notify}
    response = hooked.put("/schedules/refused", json={"every": "PT1H", "submit": submission})
    assert document(response)["errors"][0]["pointer"] == f"/submit{pointer}"


def test_deliveries_are_no_tasks(hooked: httpx.Client, ends: Ends, receiver: Receiver) -> None:
    task = submit(hooked, {"url": f"{receiver.url}/internal"})
    ends.succeed(task["task_id"])
    (delivery,) = delivered(hooked, task)
    listed = document(hooked.get("/tasks", params={"limit": 200}))["items"]
    assert {item["name"] for item in listed} == {"unserved"}
    assert document(hooked.get("/tasks", params={"name": "celeriac.webhook"}))["items"] == []
    assert problem_of(hooked.get(f"/tasks/{delivery['delivery_id']}")) == (404, "task-not-found")
    assert "celeriac:deliveries" not in [queue["name"] for queue in document(hooked.get("/queues"))["items"]]
    metrics = hooked.get("/metrics").text
    assert 'celeriac_deliveries_ended_total{state="succeeded"}' in metrics
    assert "celeriac.webhook" not in metrics


def test_a_page_of_deliveries_is_filtered_by_state_and_goes_on(
    hooked: httpx.Client, ends: Ends, receiver: Receiver, hooked_redis: Redis
) -> None:
    tasks = [submit(hooked, {"url": f"{receiver.url}/paged"}) for _ in range(3)]
    for task in tasks:
        ends.succeed(task["task_id"])
        delivered(hooked, task)
    first = document(hooked.get("/deliveries", params={"limit": 2, "state": "succeeded"}))
    second = document(
        hooked.get("/deliveries", params={"limit": 2, "state": "succeeded", "cursor": first["next_cursor"]})
    )
    found = [item["task_id"] for item in first["items"] + second["items"]][:3]
    assert found == [task["task_id"] for task in reversed(tasks)]
    assert hooked_redis.zcard("celeriac:running") == 0


def test_a_schedule_notifies(hooked: httpx.Client, receiver: Receiver) -> None:
    submission = {"name": "unserved", "expires": 0, "notify": [{"url": f"{receiver.url}/scheduled"}]}
    put = hooked.put("/schedules/notifies", json={"every": "PT1H", "submit": submission})
    assert document(put)["submit"]["notify"] == [{"url": f"{receiver.url}/scheduled"}]
    hooked.post("/schedules/notifies/run")
    assert receiver.at("/scheduled")[0].document["type"] == "task.expired"
    hooked.delete("/schedules/notifies")


@pytest.mark.parametrize("media", ["application/json", "application/x-ndjson"])
def test_a_batch_and_its_items_notify_of_their_ends(
    hooked: httpx.Client, ends: Ends, receiver: Receiver, media: str
) -> None:
    path = f"/batch/{media}"
    url = f"{receiver.url}{path}"
    items = [{"name": "unserved", "notify": [{"url": f"{url}/item"}]}, {"name": "unserved"}]
    lines = json.dumps(items) if media == "application/json" else "\n".join(map(json.dumps, items))
    wanted = {"notify": f"{url}/all", "label": "night"}
    response = hooked.post("/batches", content=lines, headers={"content-type": media}, params=wanted)
    assert response.status_code == 202, response.text
    batch = document(response)
    tasks = wait_until(
        lambda: (
            found if len(found := document(hooked.get("/tasks", params={"limit": 2}))["items"]) == 2 else None
        )
    )
    for task in tasks:
        assert task["batch"]["batch_id"] == batch["batch_id"]
        ends.succeed(task["task_id"])
    (request,) = receiver.at(f"{path}/all")
    assert request.document["type"] == "batch.succeeded"
    assert request.document["data"] == document(hooked.get(f"/batches/{batch['batch_id']}"))
    assert receiver.at(f"{path}/item")[0].document["type"] == "task.succeeded"
    (delivery,) = document(hooked.get("/deliveries", params={"batch_id": batch["batch_id"]}))["items"]
    assert (delivery["task_id"], delivery["batch_id"]) == (None, batch["batch_id"])
    assert delivery["links"]["subject"] == f"/batches/{batch['batch_id']}"
    refused = hooked.post("/batches", json=[], params={"notify": "http://10.0.0.1/"})
    assert document(refused)["errors"][0]["pointer"] == "?notify"
    refused = hooked.post("/batches", json=[{"name": "unserved", "notify": [{"url": "http://[::1]/"}]}])
    assert document(refused)["errors"][0]["pointer"] == "/0/notify/0/url"
