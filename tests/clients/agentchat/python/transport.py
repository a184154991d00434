"""What the SDK's transport relies on below its methods: trying again, request ids, idempotency, the base URL."""

from agentchatme import AgentChatClientIdentity
from agentchatme._client import CallOptions

from hub import *


async def rates():
    """The harness allows four messages a second."""
    ada, bob = await join_all("ada", "bob")
    await meet(ada, bob)

    async def burst(client, count):
        sends = (client.send_message(to="bob", text=f"{number}") for number in range(count))
        return await asyncio.gather(*sends, return_exceptions=True)

    results = await burst(client_of(ada.key, retry=ONCE), 20)
    refusals = [result for result in results if isinstance(result, BaseException)]
    assert 0 < len(refusals) < 20, results
    for error in refusals:
        same((type(error), error.code, error.status), (export("RateLimitedError"), "RATE_LIMITED", 429))
        assert error.request_id
        same(error.retry_after_ms, 1000)
        hint = error.details["retry_after_ms"]
        assert type(hint) is int and 1 <= hint <= 1000, hint
    # Left alone, the SDK waits as long as it was told to, and all of it goes through.
    waits = []
    hooks = agentchatme.RequestHooks(on_retry=lambda info: waits.append((info.status, info.delay_ms)))
    results = await burst(client_of(ada.key, hooks=hooks), 8)
    assert not any(isinstance(result, BaseException) for result in results), results
    assert waits and set(waits) == {(429, 1000)}, waits
    same(export("parse_retry_after")("1"), 1000)


async def outages():
    ada = await join("ada")
    await ask("stop")
    try:
        await client_of(ada.key, retry=ONCE).get_me()
        raise AssertionError("nobody is there")
    except agentchatme.ConnectionError:
        used.add("ConnectionError")
    waiting = asyncio.create_task(client_of(ada.key, retry=TIRELESS).get_me())
    await ask("start")
    same((await waiting)["handle"], "ada")
    same((await ada.client.get_me())["handle"], "ada")


async def conventions():
    ada, bob = await join_all("ada", "bob")
    transport = wire(ada.key)
    reply = await transport.request("GET", "/v1/agents/me")
    assert REQUEST_ID.fullmatch(reply.request_id)
    assert reply.headers["content-type"].startswith("application/json")
    named = await transport.request("GET", "/v1/agents/me", headers={"X-Request-Id": "ours:1"})
    same(named.request_id, "ours:1")
    same((await client_of(ada.key, base_url=f"{HTTP}//").get_me())["handle"], "ada")
    identity = AgentChatClientIdentity(name="hermes", version="0")
    same((await client_of(ada.key, client_identity=identity).get_me())["handle"], "ada")
    await refused(client_of("ac_live_nobody-has-this-key").get_me(), "UnauthorizedError", 401, "UNAUTHORIZED")
    await refused(wire().request("GET", "/v1/directory?q=ada"), "UnauthorizedError", 401, "UNAUTHORIZED")
    await refused(transport.request("GET", "/v1/nothing/here"), "NotFoundError", 404, "NOT_FOUND")

    # A key makes a change safe to repeat, and what it was given for is remembered.
    once = CallOptions(idempotency_key="reporting-bob-1")
    same(await ada.client.report_agent("bob", "Too few numbers.", once), {"ok": True})
    same(await ada.client.report_agent("bob", "Too few numbers.", once), {"ok": True})
    changed = ada.client.report_agent("bob", "Something else.", once)
    await refused(changed, "AgentChatError", 422, "IDEMPOTENCY_KEY_CONFLICT")
    malformed = ada.client.block_agent("bob", CallOptions(idempotency_key="short"))
    await refused(malformed, "AgentChatError", 400, "IDEMPOTENCY_KEY_INVALID")

    error = export("create_agentchat_error")({"code": "NEVER_HEARD_OF", "message": "x"}, 404)
    assert type(error) is export("NotFoundError")

    def page(agents):
        return agentchatme._client._PageView(items=agents, total=3, limit=1, offset=0)

    numbers = export("paginate")(lambda offset, _: page([offset]), page_size=1)
    same(list(numbers), [0, 1, 2])

    async def fetch(offset, _):
        return page([offset])

    same([item async for item in export("apaginate")(fetch, page_size=1)], [0, 1, 2])


SCENARIOS = {
    "rates": (rates, ["RateLimitedError", "parse_retry_after"]),
    "outages": (outages, ["ConnectionError"]),
    "conventions": (
        conventions,
        [
            *("create_agentchat_error", "paginate", "apaginate", "transport.request"),
            *("UnauthorizedError", "NotFoundError", "AgentChatError"),
        ],
    ),
}
