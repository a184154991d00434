"""Direct messages: what they carry, what happens to a repeated one, history, lists, reading, hiding, the queue."""

from hub import *


async def messages():
    ada, bob = await join("ada", display_name="Ada"), await join("bob")
    statuses = []
    hooks = agentchatme.RequestHooks(on_response=lambda info: statuses.append(info.status))
    client = client_of(ada.key, hooks=hooks)
    result = await client.send_message(to="@Bob", text="Hello @Bob, not a@bob.example")
    same(result.backlog_warning, None)
    hello = shaped(types.Message, result.message)
    same(hello.get("delivery_id"), None)
    wanted = {
        "id": hello["id"],
        "conversation_id": hello["conversation_id"],
        "sender": "ada",
        "client_msg_id": hello["client_msg_id"],
        "seq": 1,
        "type": "text",
        "content": {"text": "Hello @Bob, not a@bob.example"},
        "metadata": {},
        "context": {
            "sender": {"handle": "ada", "display_name": "Ada", "kind": "agent"},
            "conversation": {"type": "direct", "group_name": None, "member_count": None},
            "mentions": ["bob"],
        },
        "status": "stored",
        "created_at": hello["created_at"],
        "delivered_at": None,
        "read_at": None,
    }
    same({key: value for key, value in hello.items() if key != "delivery_id"}, wanted)
    timed(hello["created_at"])
    data = {"sum": 3, "parts": [1, 2]}
    answer = await bob.client.send_message(to="ada", type="structured", data=data, metadata={"reply_to": hello["id"]})
    same((answer.message["type"], answer.message["content"]), ("structured", {"data": data}))
    same((answer.message["seq"], answer.message["metadata"]), (2, {"reply_to": hello["id"]}))

    # The same again, whatever it says, is the first one.
    first = (await client.send_message(to="bob", text="One", client_msg_id="once-and-only-once")).message
    again = (await client.send_message(to="nobody", text="Two", client_msg_id="once-and-only-once")).message
    same(again, first)
    same(statuses, [201, 201, 200])
    same_again = (client.send_message(to="bob", text="At once", client_msg_id="at-once") for _ in range(4))
    both = await asyncio.gather(*same_again)
    same(len({result.message["id"] for result in both}), 1)
    same(sorted(statuses[3:]), [200, 200, 200, 201])
    same(both[0].message["seq"], 4)

    rendered = export("render_message_context")(hello, self_handle="bob")
    same(rendered.split("\n")[:2], ["From: Ada (@ada)", "Conversation: direct message"])
    for wrong_one in (
        {"to": "bob"},
        {"text": "x"},
        {"to": "bob", "conversation_id": hello["conversation_id"], "text": "x"},
        {"conversation_id": hello["conversation_id"], "text": "x"},
        {"to": "ada", "text": "x"},
        {"to": "bob", "text": "x", "type": "system"},
        {"to": "bob", "text": "x", "client_msg_id": "x" * 129},
    ):
        await refused(client.send_message(**wrong_one), "ValidationError", 400, "VALIDATION_ERROR")
    large = client.send_message(to="bob", text="x" * 32_768)
    await refused(large, "AgentChatError", 413, "CONTENT_TOO_LARGE")
    # The hub does not wait until all of it has come; the SDK, which is still sending, hears it all the same.
    huge = client.send_message(to="bob", text="x" * (16 * 1024 * 1024))
    await refused(huge, "AgentChatError", 413, "PAYLOAD_TOO_LARGE")
    same((await client.send_message(to="bob", content="A bare text")).message["content"], {"text": "A bare text"})
    await refused(client.send_message(to="nobody-here", text="x"), "NotFoundError", 404, "AGENT_NOT_FOUND")


async def history():
    ada, bob, carol = await join_all("ada", "bob", "carol")
    conversation = await meet(ada, bob)
    said = []
    for number in range(3, 10):
        said.append(await say(*((ada, bob) if number % 2 else (bob, ada)), f"{number}"))

    async def seqs(**options):
        return [row["seq"] for row in await ada.client.get_messages(conversation, **options)]

    same(await seqs(), [9, 8, 7, 6, 5, 4, 3, 2, 1])
    same(await seqs(limit=2), [9, 8])
    same(await seqs(before_seq=5, limit=3), [4, 3, 2])
    same(await seqs(after_seq=0, limit=200), [1, 2, 3, 4, 5, 6, 7, 8, 9])
    same(await seqs(after_seq=4, limit=3), [5, 6, 7])
    same(await seqs(before_seq=1), [])
    for row in await bob.client.get_messages(conversation):
        shaped(types.Message, row)
        same(row["delivery_id"] is None, row["sender"] == "bob")
    both = ada.client.get_messages(conversation, before_seq=5, after_seq=2)
    await refused(both, "ValidationError", 400, "VALIDATION_ERROR")
    await refused(carol.client.get_messages(conversation), "NotFoundError", 404, "CONVERSATION_NOT_FOUND")
    hidden = said[0]["id"]
    same(await ada.client.delete_message(hidden), {"message": "Message hidden from your view"})
    await ada.client.delete_message(hidden)
    same(await seqs(after_seq=1, limit=3), [2, 4, 5])
    same(len(await bob.client.get_messages(conversation)), 9)
    await refused(carol.client.delete_message(hidden), "NotFoundError", 404, "MESSAGE_NOT_FOUND")


async def conversations():
    ada, bob, carol = await join_all("ada", "bob", "carol")
    conversation = await meet(ada, bob)
    second = await say(ada, bob, "Are   you\nthere?")
    row = shaped(types.ConversationListItem, (await bob.client.list_conversations())[0])
    same((row["id"], row["type"], row["last_message_preview"]), (conversation, "direct", "Are you there?"))
    same((row["unread_count"], row["oldest_unread_seq"], row["newest_unread_seq"]), (2, 1, 3))
    ada_shown = [{"handle": "ada", "display_name": None, "avatar_url": None}]
    same(row["participants"], ada_shown)
    same(await bob.client.get_conversation_participants(conversation), ada_shown)
    for stranger in (carol.client.get_conversation_participants, carol.client.hide_conversation):
        await refused(stranger(conversation), "NotFoundError", 404, "CONVERSATION_NOT_FOUND")

    # One message at a time is read, whichever comes first.
    same((await bob.client.mark_as_read(second["id"]))["ok"], True)
    same((await bob.client.mark_as_read(second["id"]))["ok"], True)
    row = (await bob.client.list_conversations())[0]
    same((row["unread_count"], row["oldest_unread_seq"], row["newest_unread_seq"]), (1, 1, 1))
    hers = next(row for row in await ada.client.get_messages(conversation) if row["id"] == second["id"])
    same(hers["status"], "read")
    timed(hers["read_at"])
    await refused(ada.client.mark_as_read(second["id"]), "NotFoundError", 404, "MESSAGE_NOT_FOUND")

    same((await bob.client.hide_conversation(conversation))["ok"], True)
    same(await bob.client.list_conversations(), [])
    same(await bob.client.sync(), [])
    same(len(await ada.client.get_messages(conversation)), 3)
    await say(ada, bob, "Back again")
    same([row["id"] for row in await bob.client.list_conversations()], [conversation])
    same(texts(await bob.client.get_messages(conversation)), ["Back again"])


async def queue():
    ada, bob = await join_all("ada", "bob")
    await meet(ada, bob)
    for number in range(2, 8):
        await say(ada, bob, f"{number}")
    rows = await bob.client.sync()
    same(texts(rows), ["Shall we talk?", "2", "3", "4", "5", "6", "7"])
    for row in rows:
        shaped(types.Message, row)
        assert re.fullmatch(r"del_[0-9a-f]{32}", row["delivery_id"])
    ids = [row["delivery_id"] for row in rows]
    same(export("last_sync_delivery_id")(rows), ids[6])
    same(await bob.client.sync(limit=3), rows[:3])
    same(await bob.client.sync(limit=3, after=ids[2]), rows[3:6])
    same(await bob.client.sync(after="del_" + "0" * 32), [])
    same(await bob.client.sync_ack(ids[2]), {"acked": 3})
    same(await bob.client.sync_ack(ids[2]), {"acked": 0})
    # A cursor stays good after what it names has left the queue.
    same(await bob.client.sync(after=ids[2]), rows[3:])
    same(await ada.client.sync_ack(ids[6]), {"acked": 0})
    same(await bob.client.sync_ack("anything at all"), {"acked": 0})
    same(await bob.client.sync_ack(ids[6]), {"acked": 4})
    same(await bob.client.sync(), [])


async def cold():
    """The harness allows three conversations a day that nobody has answered."""
    ada, bob, carol, dora, emil = await join_all("ada", "bob", "carol", "dora", "emil")
    first = await say(ada, bob, "Hello?")
    early = await refused(say(ada, bob, "Hello??"), "AwaitingReplyError", 403, "AWAITING_REPLY")
    same((early.recipient_handle, early.waiting_since), ("bob", first["created_at"]))
    for other in (carol, dora):
        await say(ada, other, "Hello?")
    hasty = client_of(ada.key, retry=ONCE)
    capped = await refused(hasty.send_message(to="emil", text="Hello?"), "RateLimitedError", 429, "RATE_LIMITED")
    same(capped.details["limit"], 3)
    assert 23 * 3_600_000 < capped.retry_after_ms <= 24 * 3_600_000, capped.retry_after_ms
    # An answer frees the slot, makes the two each other's contacts, and ends the waiting.
    await say(bob, ada, "Hello!")
    same((await say(ada, emil, "Hello?"))["seq"], 1)
    same((await say(ada, bob, "There you are"))["seq"], 3)
    same((await ada.client.check_contact("bob"))["is_contact"], True)
    same((await bob.client.check_contact("ada"))["is_contact"], True)


async def backlog():
    """The harness warns from five waiting messages on and refuses from ten."""
    ada, bob = await join_all("ada", "bob")
    await meet(ada, bob)
    warned = []
    client = client_of(ada.key, retry=ONCE, on_backlog_warning=warned.append)
    warnings = [(await client.send_message(to="bob", text=f"{number}")).backlog_warning for number in range(1, 10)]
    same(warnings[:4], [None] * 4)
    counts = [("bob", count) for count in (5, 6, 7, 8, 9)]
    same([(warning.recipient_handle, warning.undelivered_count) for warning in warnings[4:]], counts)
    same(warned, warnings[4:])
    full = client.send_message(to="bob", text="Too much")
    error = await refused(full, "RecipientBackloggedError", 429, "RECIPIENT_BACKLOGGED")
    same((error.recipient_handle, error.undelivered_count), ("bob", 10))
    same(len(await bob.client.sync()), 10)


SCENARIOS = {
    "messages": (messages, ["client.send_message", "render_message_context", "AgentChatError"]),
    "history": (history, ["client.get_messages", "client.delete_message", "ValidationError"]),
    "conversations": (
        conversations,
        [
            *("client.list_conversations", "client.get_conversation_participants", "client.hide_conversation"),
            "client.mark_as_read",
        ],
    ),
    "queue": (queue, ["client.sync", "client.sync_ack", "last_sync_delivery_id"]),
    "cold": (cold, ["AwaitingReplyError"]),
    "backlog": (backlog, ["RecipientBackloggedError"]),
}
