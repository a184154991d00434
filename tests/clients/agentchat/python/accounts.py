"""Registering, recovering, rotating keys, the own record, and how many agents an e-mail address may have."""

from hub import *
from listener import listen


async def register():
    email = "ada@example.com"
    pending = await account.register(email=email, handle="ada", display_name="Ada", base_url=HTTP)
    sent(email)
    assert pending["pending_id"].startswith("pnd_")
    same(pending["message"], "Verification code sent to email")
    code = await code_for(email)

    def verify(pending_id, code):
        return account.verify(pending_id, code, base_url=HTTP)

    await refused(verify(pending["pending_id"], "12345"), "ValidationError", 400, "VALIDATION_ERROR")
    await refused(verify(pending["pending_id"], wrong(code)), "AgentChatError", 400, "INVALID_CODE")
    await refused(verify("pnd_unheard-of", code), "AgentChatError", 400, "EXPIRED")
    record, key, made = await verify(pending["pending_id"], code)
    ada = Counted("client", made)
    assert re.fullmatch(r"ac_live_[\w-]{43}", key)
    shaped(types.Agent, record)
    timed(record["created_at"])
    timed(record["updated_at"])
    wanted = {
        "id": record["id"],
        "handle": "ada",
        "email": email,
        "email_masked": "a****@example.com",
        "display_name": "Ada",
        "description": None,
        "avatar_url": None,
        "status": "active",
        "paused_by_owner": "none",
        "is_system": False,
        "settings": {"inbox_mode": "open", "group_invite_policy": "open"},
        "created_at": record["created_at"],
        "updated_at": record["updated_at"],
    }
    same(record, wanted)
    same(await ada.get_me(), record)
    await ada.end()
    await refused(verify(pending["pending_id"], code), "AgentChatError", 400, "EXPIRED")

    def again(handle, email="bob@example.com"):
        return account.register(email=email, handle=handle, base_url=HTTP)

    await refused(again("ada"), "AgentChatError", 409, "HANDLE_TAKEN")
    await refused(again("admin"), "AgentChatError", 400, "INVALID_HANDLE")
    grammar = await refused(again("a--b"), "AgentChatError", 400, "INVALID_HANDLE")
    assert grammar.details["fieldErrors"]["handle"]
    await refused(again("bob", "nobody"), "ValidationError", 400, "VALIDATION_ERROR")


async def attempts():
    email = "ada@example.com"
    pending = (await account.register(email=email, handle="ada", base_url=HTTP))["pending_id"]
    sent(email)
    code = await code_for(email)
    for _ in range(5):
        await refused(account.verify(pending, wrong(code), base_url=HTTP), "AgentChatError", 400, "INVALID_CODE")
    late = account.verify(pending, code, base_url=HTTP)
    error = await refused(late, "RateLimitedError", 429, "OTP_ATTEMPTS_EXHAUSTED")
    same(error.retry_after_ms, None)
    await refused(account.verify(pending, code, base_url=HTTP), "AgentChatError", 400, "EXPIRED")


async def recover():
    ada = await join("ada")
    listener = await listen(ada)
    message = "If an account is registered with this email, a verification code has been sent."
    pending = await account.recover(ada.email, base_url=HTTP)
    sent(ada.email)
    same(pending, {"pending_id": pending["pending_id"], "message": message})
    code = await code_for(ada.email)
    handle, key, made = await account.recover_verify(pending["pending_id"], code, base_url=HTTP)
    same(handle, "ada")
    assert key != ada.key
    same((await Counted("client", made).get_me())["handle"], "ada")
    await refused(ada.client.get_me(), "UnauthorizedError", 401, "UNAUTHORIZED")
    closed = await listener.next("disconnected")
    same((closed["code"], closed["reason"]), (1008, "API key rotated"))
    await listener.next("error", lambda event: "auth-terminal" in event["error"])
    await listener.close()

    nobody = await account.recover("nobody@example.com", base_url=HTTP)
    same(nobody, {"pending_id": nobody["pending_id"], "message": message})
    same(len(nobody["pending_id"]), len(pending["pending_id"]))
    verified = account.recover_verify(nobody["pending_id"], "123456", base_url=HTTP)
    await refused(verified, "AgentChatError", 400, "INVALID_CODE")

    await join("ada-two", email=ada.email)
    unclear = await account.recover(ada.email, base_url=HTTP)
    sent(ada.email)
    proved = account.recover_verify(unclear["pending_id"], await code_for(ada.email), base_url=HTTP)
    error = await refused(proved, "HandleRequiredError", 409, "HANDLE_REQUIRED")
    same(error.handles, ["ada", "ada-two"])
    named = await account.recover(ada.email, handle="@Ada-Two", base_url=HTTP)
    sent(ada.email)
    got = await account.recover_verify(named["pending_id"], await code_for(ada.email), base_url=HTTP)
    same(got[0], "ada-two")
    masked = await account.recover(ada.email, handle="nobody-here", base_url=HTTP)
    same(masked["message"], message)


async def rotate():
    ada, bob = await join_all("ada", "bob")
    await refused(bob.client.rotate_key("ada"), "ForbiddenError", 403, "FORBIDDEN")
    pending = await ada.client.rotate_key("@Ada")
    sent(ada.email)
    same(pending["message"], "Verification code sent to registered email")
    code, id = await code_for(ada.email), pending["pending_id"]
    await refused(ada.client.rotate_key_verify("ada", id, wrong(code)), "AgentChatError", 400, "INVALID_CODE")
    await refused(bob.client.rotate_key_verify("bob", id, code), "ForbiddenError", 403, "FORBIDDEN")
    rotated = await ada.client.rotate_key_verify("ada", id, code)
    same(rotated, {"handle": "ada", "api_key": rotated["api_key"]})
    await refused(ada.client.get_me(), "UnauthorizedError", 401, "UNAUTHORIZED")
    same((await client_of(rotated["api_key"]).get_me())["handle"], "ada")


async def profile():
    ada, bob = await join_all("ada", "bob")
    shown = shaped(types.AgentProfile, await bob.client.get_agent("@Ada"))
    wanted = {
        "handle": "ada",
        "display_name": None,
        "description": None,
        "avatar_url": None,
        "status": "active",
        "is_system": False,
        "created_at": ada.record["created_at"],
    }
    same(shown, wanted)
    settings = {"inbox_mode": "contacts_only", "discoverable": True}
    changed = await ada.client.update_agent(
        "ada", {"description": "Counts.", "settings": settings, "status": "suspended"}
    )
    shaped(types.Agent, changed)
    settings = {"inbox_mode": "contacts_only", "group_invite_policy": "open"}
    same(changed, {**ada.record, "description": "Counts.", "settings": settings, "updated_at": changed["updated_at"]})
    same(await ada.client.update_agent("ada", {}), changed)
    await refused(bob.client.update_agent("ada", {"description": "x"}), "ForbiddenError", 403, "FORBIDDEN")
    await refused(bob.client.delete_agent("ada"), "ForbiddenError", 403, "FORBIDDEN")
    long = ada.client.update_agent("ada", {"description": "x" * 501})
    assert (await refused(long, "ValidationError", 400, "VALIDATION_ERROR")).details["fieldErrors"]["description"]

    listener = await listen(ada)
    same(await ada.client.delete_agent("ada"), {"message": "Account deleted"})
    closed = await listener.next("disconnected")
    same((closed["code"], closed["reason"]), (1008, "Account deleted"))
    await listener.close()
    await refused(ada.client.get_me(), "UnauthorizedError", 401, "UNAUTHORIZED")
    await refused(bob.client.get_agent("ada"), "NotFoundError", 404, "AGENT_NOT_FOUND")
    taken = account.register(email="carol@example.com", handle="ada", base_url=HTTP)
    await refused(taken, "AgentChatError", 409, "HANDLE_TAKEN")


async def addresses():
    """The harness allows two agents at a time and three in all for one address."""
    email = "many@example.com"
    await join("many-one", email=email)
    second = await join("many-two", email=email)

    def more(handle):
        return account.register(email=email, handle=handle, base_url=HTTP)

    full = await refused(more("many-three"), "EmailLimitReachedError", 409, "EMAIL_LIMIT_REACHED")
    same(full.limit, 2)
    await second.client.delete_agent("many-two")
    third = await join("many-three", email=email)
    await third.client.delete_agent("many-three")
    spent = await refused(more("many-four"), "EmailExhaustedError", 409, "EMAIL_EXHAUSTED")
    same(spent.limit, 3)


async def cooldown():
    """The harness lets nobody have two codes within a minute."""
    email = "ada@example.com"
    await account.register(email=email, handle="ada", base_url=HTTP)
    early = account.register(email=email, handle="ada", base_url=HTTP)
    error = await refused(early, "RateLimitedError", 429, "OTP_COOLDOWN")
    assert error.retry_after_ms % 1000 == 0 and 1000 <= error.retry_after_ms <= 60_000, error.retry_after_ms


async def unsent():
    """The harness has a mail server that nobody answers for."""
    registering = account.register(email="ada@example.com", handle="ada", base_url=HTTP)
    error = await refused(registering, "ServerError", 500, "OTP_FAILED")
    same(error.details, None)
    transport = wire()
    same((await transport.request("GET", "/v1/health")).data["status"], "ok")
    await transport.end()


SCENARIOS = {
    "register": (register, ["client.register", "client.verify", "client.get_me", "client.close"]),
    "attempts": (attempts, ["RateLimitedError"]),
    "recover": (recover, ["client.recover", "client.recover_verify", "HandleRequiredError", "UnauthorizedError"]),
    "rotate": (rotate, ["client.rotate_key", "client.rotate_key_verify", "ForbiddenError"]),
    "profile": (profile, ["client.get_agent", "client.update_agent", "client.delete_agent", "NotFoundError"]),
    "addresses": (addresses, ["EmailLimitReachedError", "EmailExhaustedError"]),
    "cooldown": (cooldown, ["RateLimitedError"]),
    "unsent": (unsent, ["ServerError", "transport.request", "transport.close"]),
}
