"""An assistant: answers word by word, and uses the other tasks as its tools."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from typing import Annotated, Any, TypeAlias

import httpx

from celeriac import AsyncClient, RetryPolicy, Shared, context, task
from celeriac.client.errors import CeleriacError

# How often the model may ask for tools, before it has to answer.
MOST_STEPS = 8

JSON: TypeAlias = dict[str, Any]


async def open_model() -> AsyncIterator[httpx.AsyncClient]:
    """Connections to a server with the API of OpenAI: Ollama, vLLM, llama.cpp and others."""
    key = os.environ.get("MODEL_KEY", "")
    async with httpx.AsyncClient(
        base_url=os.environ.get("MODEL_URL", "http://localhost:11434/v1"),
        headers={"authorization": f"Bearer {key}"} if key else {},
        timeout=httpx.Timeout(5, read=60),
    ) as model:
        yield model


async def open_api() -> AsyncIterator[AsyncClient]:
    """A client of this API, at CELERIAC_URL and with CELERIAC_KEY."""
    async with AsyncClient() as api:
        yield api


async def find_tools(api: Annotated[AsyncClient, Shared(open_api)]) -> AsyncIterator[list[JSON]]:
    """Each plain task, as the model reads it. The catalog is read once in each process."""
    yield [
        {
            "type": "function",
            "function": {
                "name": definition["name"],
                "description": definition["description"],
                "parameters": definition["input_schema"],
            },
        }
        for definition in await api.catalog()
        if definition["kind"] == "plain"
    ]


@task(
    soft_time_limit=timedelta(minutes=2),
    retry=RetryPolicy(on=(httpx.TransportError,)),
    examples=[{"question": "How many words are in 'to be or not to be'?"}],
)
async def answer(
    question: str,
    model: Annotated[httpx.AsyncClient, Shared(open_model)],
    tools: Annotated[list[JSON], Shared(find_tools)],
    api: Annotated[AsyncClient, Shared(open_api)],
) -> AsyncIterator[str]:
    """Answer a question, word by word."""
    messages: list[JSON] = [{"role": "user", "content": question}]
    for _ in range(MOST_STEPS):
        calls: list[JSON] = []
        async for delta in deltas(model, messages, tools):
            if text := delta.get("content"):
                yield text
            add_calls(calls, delta.get("tool_calls") or ())
        if not calls:
            return
        messages.append({"role": "assistant", "tool_calls": calls})
        messages += await asyncio.gather(*(use_tool(call, api) for call in calls))
    raise RuntimeError(f"The model has asked for tools {MOST_STEPS} times, and has not answered.")


async def deltas(model: httpx.AsyncClient, messages: list[JSON], tools: list[JSON]) -> AsyncIterator[JSON]:
    """What the model adds to its message, as it comes."""
    body = {
        "model": os.environ.get("MODEL", "llama3.2"),
        "messages": messages,
        "tools": tools,
        "stream": True,
    }
    async with model.stream("POST", "/chat/completions", json=body) as response:
        response.raise_for_status()
        async for line in response.aiter_lines():
            data = line.removeprefix("data:").strip()
            if line.startswith("data:") and data != "[DONE]":
                for choice in json.loads(data)["choices"]:
                    yield choice["delta"]


def add_calls(calls: list[JSON], parts: Iterable[JSON]) -> None:
    """Add parts of calls of tools to what has come before."""
    for part in parts:
        index, function = part.get("index", len(calls)), part.get("function", {})
        if index == len(calls):
            calls.append({"id": part["id"], "type": "function", "function": {"name": "", "arguments": ""}})
        for member in ("name", "arguments"):
            calls[index]["function"][member] += function.get(member) or ""


async def use_tool(call: JSON, api: AsyncClient) -> JSON:
    """Run the task that the model asks for, on a worker that is free. Its failure is an answer, too."""
    name, arguments = call["function"]["name"], call["function"]["arguments"] or "{}"
    context.log(f"{name} {arguments}")
    try:
        tool = await context.submit(name, input=json.loads(arguments), key=call["id"])
        content = json.dumps(await api.task(tool.id).result(timeout=60))
    except (ValueError, CeleriacError) as error:
        content = f"This did not work: {error}"
    return {"role": "tool", "tool_call_id": call["id"], "content": content}
