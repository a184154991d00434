"""The realtime client: greeting, acknowledgements, order, what waited while it was away, gaps, coming back."""

from hub import *
from listener import Listener, listen


async def hello():
    ada = await join("ada")
    listener = await listen(ada)
    assert listener.is_connected()
    await listener.close()
    assert not listener.is_connected()

    wrong_key = Listener("ac_live_nobody-has-this-key")
    await wrong_key.connect()
    closed = await wrong_key.next("disconnected")
    same((closed["code"], closed["reason"]), (1008, "Invalid token"))
    await wrong_key.next("error", lambda event: "auth-terminal code 1008" in event["error"])
    # It does not wait to come back: nothing of it goes on.
    left = asyncio.all_tasks() - {asyncio.current_task()}
    if left:
        await asyncio.wait(left, timeout=PATIENCE)
    same(asyncio.all_tasks(), {asyncio.current_task()})
    await wrong_key.close()


async def live():
    ada, bob = await join_all("ada", "bob")
    await meet(ada, bob)
    await settle(bob)
    listener = await listen(bob)
    said = [await say(ada, bob, f"{number}") for number in range(20)]
    await listener.sees("twenty messages", lambda: len(listener.messages()) == 20)
    for message in listener.messages():
        shaped(types.Message, message)
    without = lambda message: {key: value for key, value in message.items() if key != "delivery_id"}
    same([without(message) for message in listener.messages()], [without(message) for message in said])
    # Nothing else than its acknowledgements empties the queue.
    await until("an empty queue", lambda: queue_is_empty(bob))
    ids = {message["id"] for message in said}
    rows = [row for row in await ada.client.get_messages(said[0]["conversation_id"]) if row["id"] in ids]
    same({row["status"] for row in rows}, {"delivered"})
    await listener.close()


async def unhandled():
    """What a handler could not deal with is not acknowledged, and comes again."""
    ada, bob = await join_all("ada", "bob")
    await meet(ada, bob)
    await settle(bob)
    fails = [True]

    async def on_message(message):
        if fails[0] and message["content"].get("text") == "Bitter":
            raise RuntimeError("not this one")

    listener = await listen(bob, on_message=on_message)
    # What this SDK takes from the queue it acknowledges whatever its handlers say: both are to come over the socket.
    await listener.next("synced")
    bitter = await say(ada, bob, "Bitter")
    sweet = await say(ada, bob, "Sweet")
    await listener.next("message.new", lambda message: message["id"] == sweet["id"])

    async def one_is_left():
        return [row["id"] for row in await bob.client.sync()] == [bitter["id"]]

    await until("one acknowledgement", one_is_left)
    fails[0] = False
    await listener.close()
    again = await listen(bob, on_message=on_message)
    await again.next("message.new", lambda message: message["id"] == bitter["id"])
    await until("an empty queue", lambda: queue_is_empty(bob))
    await again.close()


async def away():
    ada, bob = await join_all("ada", "bob")
    await meet(ada, bob)
    await settle(bob)
    said = []
    for turn in range(125):
        said += await asyncio.gather(*(say(ada, bob, f"{turn} {number}") for number in range(4)))
    said.sort(key=lambda message: message["seq"])
    listener = await listen(bob)
    await listener.sees("five hundred messages", lambda: len(listener.messages()) >= 500)

    # What came over both ways at once is acknowledged by one of them, or by the next drain.
    async def drained_to_the_end():
        await listener.drain()
        return await queue_is_empty(bob)

    await until("an empty queue", drained_to_the_end)
    same(texts(listener.messages()), texts(said))
    await listener.close()


async def drained():
    """Without a drain of the client's own, the hub's is enough."""
    ada, bob = await join_all("ada", "bob")
    await meet(ada, bob)
    await settle(bob)
    said = [(await say(ada, bob, f"{number}"))["content"]["text"] for number in range(50)]
    listener = await listen(bob, auto_drain_on_connect=False)
    await listener.sees("fifty messages", lambda: len(listener.messages()) >= 50)
    same(texts(listener.messages()), said)
    await until("an empty queue", lambda: queue_is_empty(bob))
    await listener.close()


async def gaps():
    """An own answer is a hole in what is pushed, which the client fills from history."""
    ada, bob = await join_all("ada", "bob")
    await meet(ada, bob)
    await settle(bob)
    listener = await listen(bob)
    before = await say(ada, bob, "Before")
    await listener.next("message.new", lambda message: message["id"] == before["id"])
    own, after = await say(bob, ada, "Mine"), await say(ada, bob, "After")
    await listener.sees("both", lambda: len(listener.messages()) == 2 and listener.gaps)
    same([message["id"] for message in listener.messages()], [own["id"], after["id"]])
    (gap,) = listener.gaps
    same((gap.conversation_id, gap.expected_seq), (own["conversation_id"], own["seq"]))
    same((gap.recovered, gap.reason), (True, "gap_filled"))
    await until("an empty queue", lambda: queue_is_empty(bob))
    await listener.close()


async def restart():
    ada, bob = await join_all("ada", "bob")
    await meet(ada, bob)
    await settle(bob)
    listener = await listen(bob)
    await ask("stop")
    closed = await listener.next("disconnected")
    same((closed["code"], closed["reason"]), (1001, "Server shutting down"))
    await ask("start")
    missed = await say(ada, bob, "While you were away")
    await listener.next("connected")
    await listener.next("message.new", lambda message: message["id"] == missed["id"])
    back = await say(ada, bob, "Now that you are back")
    await listener.next("message.new", lambda message: message["id"] == back["id"])
    same(listener.messages(), [])
    await listener.close()


async def signals():
    ada, bob = await join_all("ada", "bob")
    conversation = await meet(ada, bob)
    hers, his = await listen(ada), await listen(bob)
    for kind in ("typing.start", "typing.stop"):
        await hers.send(kind, conversation_id=conversation)
        same(await his.next(kind), {"conversation_id": conversation, "sender": "ada"})
    last = await say(ada, bob, "Read this")
    await his.send("message.read_ack", conversation_id=conversation, through_seq=last["seq"])
    read = await hers.next("message.read")
    timed(read["at"])
    wanted = {
        "message_id": last["id"],
        "conversation_id": conversation,
        "seq": last["seq"],
        "through_seq": last["seq"],
        "reader": "bob",
        "read_by": "bob",
        "read_at": read["at"],
        "at": read["at"],
    }
    same(read, wanted)
    same((await bob.client.list_conversations())[0]["unread_count"], 0)
    one = await say(bob, ada, "And you this")
    await ada.client.mark_as_read(one["id"])
    same((await his.next("message.read"))["message_id"], one["id"])
    await hers.close()
    await his.close()


SCENARIOS = {
    "hello": (
        hello,
        [
            *(
                "RealtimeClient.connect",
                "RealtimeClient.disconnect",
                "RealtimeClient.is_connected",
                "RealtimeClient.on",
            ),
            *("RealtimeClient.on_connect", "RealtimeClient.on_disconnect", "RealtimeClient.on_error"),
        ],
    ),
    "live": (live, ["RealtimeClient.on"]),
    "unhandled": (unhandled, ["RealtimeClient.on"]),
    "away": (away, ["RealtimeClient.drain_offline_envelopes"]),
    "drained": (drained, ["RealtimeClient.on"]),
    "gaps": (gaps, ["RealtimeClient.on"]),
    "restart": (restart, ["RealtimeClient.on_disconnect"]),
    "signals": (signals, ["RealtimeClient.send"]),
}
