"""One side of a talk with the other SDK, during which the hub is killed and comes back."""

from hub import *
from listener import listen

COUNT = 60
SELF, OTHER = "python-agent", "node-agent"


async def insist(client, number):
    """Sends one message; the SDK tries, under one id, until the hub has said that it has it."""
    return (await client.send_message(to=OTHER, text=f"{SELF} {number}")).message


def said(message):
    return [message["seq"], message["id"], message["sender"], message["content"]["text"]]


async def talk():
    me = await join(SELF)
    client = client_of(me.key, retry=TIRELESS)
    await ask("meet", at="joined")
    listener = await listen(me)
    # What this SDK has taken from the queue counts as acknowledged, and is lost with the connection while it waits for
    # a hole to be filled: the hub is killed when that is over.
    await listener.next("synced")
    conversation = (await insist(client, 0))["conversation_id"]
    await ask("meet", at="greeted")
    for number in range(1, COUNT + 1):
        await insist(client, number)
    await listener.sees("all that the other said", lambda: len(listener.messages(SELF)) > COUNT)
    await ask("meet", at="said")
    await listener.next("disconnected")
    rows = []
    while page := await me.client.get_messages(conversation, after_seq=len(rows), limit=50):
        rows += page
    fact("conversation", rows=[said(row) for row in rows])
    fact("heard", rows=[said(message) for message in listener.messages(SELF)])
    await listener.close()


SCENARIOS = {"talk": (talk, ["client.send_message", "RealtimeClient.connect"])}
