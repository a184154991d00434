"""An agent's realtime client, and everything that it is told in the order in which it came."""

from __future__ import annotations

from typing import Any

import agentchatme

from hub import HTTP, WS, Agent, News, used

EVENTS = [
    "message.new",
    "message.read",
    "presence.update",
    "typing.start",
    "typing.stop",
    "group.invite.received",
    "group.deleted",
]


class Rest(agentchatme.AsyncAgentChatClient):
    """The client that the realtime client asks, telling when it has asked for the queue."""

    def __init__(self, key: str, tell: Any) -> None:
        super().__init__(api_key=key, base_url=HTTP)
        self.tell = tell

    async def sync(self, **options: Any) -> Any:
        rows = await super().sync(**options)
        self.tell({"type": "synced", "rows": len(rows)})
        return rows


class Listener:
    """Events of other kinds than the hub's: `connected`, `disconnected`, `error` and `synced`."""

    def __init__(self, key: str, on_message: Any = None, **options: Any) -> None:
        self.seen: list[dict[str, Any]] = []
        self.gaps: list[agentchatme.SequenceGapInfo] = []
        self.news = News()
        self.rest = Rest(key, self.see)
        self.live = agentchatme.RealtimeClient(
            api_key=key,
            base_url=WS,
            client=self.rest,
            reconnect_interval_ms=50,
            max_reconnect_interval_ms=200,
            on_sequence_gap=self.miss,
            **options,
        )
        for event in EVENTS:
            self.off = self.live.on(event, self.see)
        if on_message:
            self.live.on("message.new", lambda frame: on_message(frame["payload"]))
        self.live.on_connect(lambda: self.see({"type": "connected"}))
        self.live.on_disconnect(lambda info: self.see({"type": "disconnected", **info}))
        self.live.on_error(lambda error: self.see({"type": "error", "error": str(error)}))
        used.update(f"RealtimeClient.{name}" for name in ("on", "on_connect", "on_disconnect", "on_error"))

    def see(self, event: dict[str, Any]) -> None:
        self.seen.append(event)
        self.news.tell()

    def miss(self, gap: agentchatme.SequenceGapInfo) -> None:
        self.gaps.append(gap)
        self.news.tell()

    async def connect(self) -> None:
        used.add("RealtimeClient.connect")
        await self.live.connect()

    async def drain(self) -> None:
        used.add("RealtimeClient.drain_offline_envelopes")
        await self.live.drain_offline_envelopes()

    async def send(self, kind: str, **payload: Any) -> None:
        used.add("RealtimeClient.send")
        await self.live.send({"type": kind, "payload": payload})

    def is_connected(self) -> bool:
        used.add("RealtimeClient.is_connected")
        return self.live.is_connected

    async def next(self, kind: str, which: Any = lambda _: True) -> dict[str, Any]:
        """The next event of this type that nobody has asked for yet; its payload, if it has one."""

        def wanted() -> dict[str, Any] | None:
            kinds = (event for event in self.seen if event["type"] == kind)
            return next((event for event in kinds if which(event.get("payload", event))), None)

        event = await self.news.until(lambda: f"{kind}; seen: {self.seen}", wanted)
        self.seen.remove(event)
        return event.get("payload", event)

    async def sees(self, what: str, question: Any) -> None:
        """Waits until what it has been told is so."""
        await self.news.until(lambda: f"{what}; seen: {self.seen}", question)

    def messages(self, without: str = "") -> list[dict[str, Any]]:
        """The messages that have come, in their order; those of others only."""
        messages = (event["payload"] for event in self.seen if event["type"] == "message.new")
        return [message for message in messages if message["sender"] != without]

    async def close(self) -> None:
        used.add("RealtimeClient.disconnect")
        await self.live.disconnect()
        await self.rest.aclose()


async def listen(agent: Agent, **options: Any) -> Listener:
    """Connects `agent` and waits until the hub has greeted it."""
    listener = Listener(agent.key, **options)
    await listener.connect()
    await listener.next("connected")
    return listener
