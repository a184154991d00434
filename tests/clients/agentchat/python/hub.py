"""What every scenario stands on: the SDK under observation, the harness at the other end of the pipes, and agents.

The harness is spoken with in lines of JSON: this program says what it needs, such as a code from a mailbox or a hub
that is killed, and reads one answer. Scenarios are written once; both clients of the SDK, the one that waits and the one
that is awaited, are called alike.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections import Counter
from typing import Any

import agentchatme
from agentchatme import types
from agentchatme.types import webhook as webhook_types

KIND, SCENARIO = sys.argv[1:3]
PLACES = json.loads(sys.argv[3]) if len(sys.argv) > 3 else {}
HTTP, WS = PLACES.get("http", ""), PLACES.get("ws", "")
CLIENT = {"sync": agentchatme.AgentChatClient, "async": agentchatme.AsyncAgentChatClient}[KIND]
TRANSPORT = {"sync": agentchatme.HttpTransport, "async": agentchatme.AsyncHttpTransport}[KIND]
ONCE = agentchatme.RetryPolicy(max_retries=0, base_delay_ms=1, max_delay_ms=1)
#: As long as a hub takes to come back.
TIRELESS = agentchatme.RetryPolicy(max_retries=200, base_delay_ms=20, max_delay_ms=100)
#: How many seconds are waited for what does not come. Only a failing scenario waits so long.
PATIENCE = 25

#: The hub's own agent, which bears its name.
SYSTEM = "tertulia"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
#: What of the SDK has been used, as `get_me` of either client is `client.get_me`.
used: set[str] = set()
_letters: Counter[str] = Counter()
_asking = asyncio.Lock()


class Counted:
    """An object of the SDK whose calls are counted and always awaited."""

    def __init__(self, name: str, inner: Any) -> None:
        self.name, self.inner = name, inner

    def __getattr__(self, method: str) -> Any:
        value = getattr(self.inner, method)

        async def call(*values: Any, **named: Any) -> Any:
            used.add(f"{self.name}.{'close' if method == 'aclose' else method}")
            if KIND == "async":
                return await value(*values, **named)
            return await asyncio.to_thread(value, *values, **named)

        return call

    async def listed(self, method: str, *values: Any, **named: Any) -> list[Any]:
        """All that one of the SDK's iterations gives."""
        used.add(f"{self.name}.{method}")
        iteration = getattr(self.inner, method)(*values, **named)
        if KIND == "async":
            return [item async for item in iteration]
        return await asyncio.to_thread(list, iteration)

    async def end(self) -> None:
        await (self.aclose if KIND == "async" else self.close)()


def export(name: str) -> Any:
    """One of the SDK's exports, counted."""
    used.add(name)
    return getattr(agentchatme, name)


#: What needs no key.
account = Counted("client", CLIENT)


def client_of(key: str, **more: Any) -> Counted:
    """A client with the hub's base URL and nothing else changed."""
    return Counted("client", CLIENT(api_key=key, base_url=more.pop("base_url", HTTP), **more))


def wire(key: str | None = None) -> Counted:
    """Requests that no method of the client makes."""
    return Counted("transport", TRANSPORT(agentchatme.HttpTransportOptions(base_url=HTTP, api_key=key)))


class Agent:
    """A registered agent."""

    def __init__(self, handle: str, email: str, record: dict[str, Any], key: str, client: Counted) -> None:
        self.handle, self.email, self.record, self.key, self.client = handle, email, record, key, client


def _print(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


def fact(name: str, **more: Any) -> None:
    """Tells the harness what has been seen."""
    _print({"fact": name, **more})


async def ask(need: str, **more: Any) -> dict[str, Any]:
    """Asks the harness for something and waits for its answer. One question at a time."""
    async with _asking:
        _print({"need": need, **more})
        line = await asyncio.to_thread(sys.stdin.readline)
        assert line, f"the harness left while it was asked for {need}"
        return json.loads(line)


def sent(email: str) -> None:
    """Notes that a code has been sent to `email`."""
    _letters[email] += 1


async def code_for(email: str) -> str:
    """The newest code that was sent to `email`."""
    code = (await ask("code", email=email, letter=_letters[email]))["code"]
    assert re.fullmatch(r"\d{6}", code), code
    return code


def wrong(code: str) -> str:
    return "000001" if code == "000000" else "000000"


async def join(handle: str, email: str | None = None, **profile: str) -> Agent:
    """Registers an agent."""
    email = email or f"{handle}@example.com"
    pending = await account.register(email=email, handle=handle, base_url=HTTP, **profile)
    sent(email)
    record, key, client = await account.verify(pending["pending_id"], await code_for(email), base_url=HTTP)
    return Agent(handle, email, record, key, Counted("client", client))


async def join_all(*handles: str) -> list[Agent]:
    return [await join(handle) for handle in handles]


async def say(sender: Agent, to: Agent, text: str, **more: Any) -> dict[str, Any]:
    """Sends a text to one agent; the message."""
    result = await sender.client.send_message(to=to.handle, text=text, **more)
    return shaped(types.Message, result.message)


async def say_in(sender: Agent, group: str, text: str, **more: Any) -> dict[str, Any]:
    """Sends a text into a group; the message."""
    result = await sender.client.send_message(conversation_id=group, text=text, **more)
    return shaped(types.Message, result.message)


async def meet(one: Agent, other: Agent) -> str:
    """A question and its answer, after which the two may talk freely; the conversation's id."""
    message = await say(one, other, "Shall we talk?")
    await say(other, one, "Gladly.")
    return message["conversation_id"]


async def settle(agent: Agent) -> None:
    """Acknowledges what waits for `agent`, so that what it hears next is new."""
    cursor = agentchatme.last_sync_delivery_id(await agent.client.sync())
    await agent.client.sync_ack(cursor)


async def refused(work: Any, kind: str, status: int, code: str) -> Any:
    """The error that `work` ends with: of this class of the SDK, with this status and code, and traceable."""
    try:
        value = await work
    except agentchatme.AgentChatError as error:
        assert type(error) is export(kind), f"{code} is a {kind}, not {error!r}"
        same((error.status, error.code), (status, code))
        assert str(error)
        assert REQUEST_ID.fullmatch(error.request_id or ""), error.request_id
        return error
    raise AssertionError(f"{code} expected, got {value!r}")


def same(got: Any, wanted: Any) -> None:
    assert got == wanted, f"\n   got {got!r}\nwanted {wanted!r}"


def timed(text: str) -> None:
    assert TIME.fullmatch(text), text


def shaped(model: Any, value: Any) -> Any:
    """`value`, which must be what the SDK's own model of it says, to the type."""
    model.model_validate(value, strict=True)
    return value


def texts(messages: list[dict[str, Any]]) -> list[str]:
    return [message["content"].get("text") for message in messages]


async def until(what: str, question: Any) -> Any:
    """Asks the hub again and again until there is an answer."""
    end = time.monotonic() + PATIENCE
    while not (answer := await question()):
        assert time.monotonic() < end, f"waited for {what}"
    return answer


class News:
    """What happens in this program, for whoever waits for it."""

    def __init__(self) -> None:
        self._loop, self._told = asyncio.get_running_loop(), asyncio.Event()

    def tell(self) -> None:
        """Something has happened."""
        self._told.set()
        self._told = asyncio.Event()

    def tell_from_a_thread(self) -> None:
        self._loop.call_soon_threadsafe(self.tell)

    async def until(self, what: Any, question: Any) -> Any:
        """The answer to `question`, as soon as something has happened that gives it one."""
        try:
            return await asyncio.wait_for(self._answer(question), PATIENCE)
        except asyncio.TimeoutError:
            raise AssertionError(f"waited for {what()}") from None

    async def _answer(self, question: Any) -> Any:
        while not (answer := question()):
            await self._told.wait()
        return answer


async def queue_is_empty(agent: Agent) -> bool:
    return await agent.client.sync() == []


__all__ = [name for name in dir() if not name.startswith("_")]
