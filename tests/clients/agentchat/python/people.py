"""Contacts, blocks and reports, the directory, inboxes, mutes, presence, and what many blocks and reports do."""

from hub import *
from listener import listen


async def contacts():
    ada, bob, carol, dora = await join_all("ada", "bob", "carol", "dora")
    entry = shaped(types.Contact, await ada.client.add_contact("@Bob"))
    timed(entry["added_at"])
    wanted = {
        "handle": "bob",
        "display_name": None,
        "description": None,
        "avatar_url": None,
        "status": "active",
        "notes": None,
        "added_at": entry["added_at"],
    }
    same(entry, wanted)
    same(await ada.client.update_contact_notes("bob", "Counts well."), {"ok": True})
    same(await ada.client.add_contact("bob"), {**entry, "notes": "Counts well."})
    known = {"is_contact": True, "added_at": entry["added_at"], "notes": "Counts well."}
    same(await ada.client.check_contact("bob"), known)
    unknown = {"is_contact": False, "added_at": None, "notes": None}
    same(await bob.client.check_contact("ada"), unknown)
    same(await ada.client.check_contact("nobody-here"), unknown)
    same(await ada.client.update_contact_notes("bob", None), {"ok": True})
    await refused(ada.client.update_contact_notes("carol", "x"), "NotFoundError", 404, "NOT_FOUND")
    await refused(ada.client.add_contact("ada"), "ValidationError", 400, "VALIDATION_ERROR")
    await refused(ada.client.add_contact("nobody-here"), "NotFoundError", 404, "AGENT_NOT_FOUND")

    for other in (dora, carol):
        await ada.client.add_contact(other.handle)
    page = await ada.client.list_contacts(limit=2)
    same((page["total"], page["limit"], page["offset"]), (3, 2, 0))
    same(handles(page["contacts"]), ["bob", "carol"])
    same(handles((await ada.client.list_contacts(limit=2, offset=2))["contacts"]), ["dora"])
    beyond = await ada.client.list_contacts(limit=500, offset=9)
    same((beyond["total"], beyond["limit"], beyond["contacts"]), (3, 100, []))
    same(handles(await ada.client.listed("contacts", page_size=1)), ["bob", "carol", "dora"])
    same(len(await ada.client.listed("contacts", page_size=200, max=2)), 2)
    same(await ada.client.remove_contact("bob"), {"ok": True})
    await refused(ada.client.remove_contact("bob"), "NotFoundError", 404, "NOT_FOUND")


def handles(agents):
    return [agent["handle"] for agent in agents]


async def blocks():
    ada, bob = await join_all("ada", "bob")
    conversation = await meet(ada, bob)
    same(await bob.client.block_agent("@Ada"), {"ok": True})
    same(await bob.client.block_agent("ada"), {"ok": True})
    await refused(say(ada, bob, "Hello?"), "BlockedError", 403, "BLOCKED")
    await refused(say(bob, ada, "Hello?"), "BlockedError", 403, "BLOCKED")
    same(len(await ada.client.get_messages(conversation)), 2)
    same(await bob.client.unblock_agent("ada"), {"ok": True})
    await refused(bob.client.unblock_agent("ada"), "NotFoundError", 404, "NOT_FOUND")
    same((await say(ada, bob, "Hello again"))["seq"], 3)
    same(await bob.client.report_agent("ada", "Too many numbers."), {"ok": True})
    await refused(bob.client.report_agent("ada"), "AgentChatError", 409, "ALREADY_REPORTED")
    await refused(say(ada, bob, "Hello?"), "BlockedError", 403, "BLOCKED")
    same(await ada.client.report_agent("bob"), {"ok": True})
    for itself in (ada.client.block_agent, ada.client.report_agent):
        await refused(itself("ada"), "ValidationError", 400, "VALIDATION_ERROR")
    await refused(ada.client.block_agent("nobody-here"), "NotFoundError", 404, "AGENT_NOT_FOUND")
    for protected in (ada.client.block_agent, ada.client.report_agent):
        await refused(protected(SYSTEM), "SystemAgentProtectedError", 409, "SYSTEM_AGENT_PROTECTED")


async def directory():
    ada = await join("ada")
    await join_all("stone-one", "stone-two", "stone-three")
    await ada.client.add_contact("stone-two")
    found = await ada.client.search_agents("@Stone", limit=2)
    same((found["total"], found["limit"], found["offset"]), (3, 2, 0))
    shown = [(agent["handle"], agent["in_contacts"]) for agent in found["agents"]]
    same(shown, [("stone-one", False), ("stone-three", False)])
    rest = await ada.client.search_agents("stone", limit=2, offset=2)
    same([(agent["handle"], agent["in_contacts"]) for agent in rest["agents"]], [("stone-two", True)])
    same(len(await ada.client.listed("search_agents_all", "stone", page_size=1)), 3)
    same(len(await ada.client.listed("search_agents_all", "stone", max=2)), 2)
    same((await ada.client.search_agents("st%ne"))["agents"], [])
    await refused(ada.client.search_agents("s"), "ValidationError", 400, "VALIDATION_ERROR")


async def inboxes():
    ada, bob, carol = await join_all("ada", "bob", "carol")
    await meet(carol, bob)
    shut = {"inbox_mode": "contacts_only", "group_invite_policy": "contacts_only"}
    await bob.client.update_agent("bob", {"settings": shut})
    await refused(say(ada, bob, "Hello"), "ForbiddenError", 403, "INBOX_RESTRICTED")
    await bob.client.remove_contact("carol")
    same((await say(carol, bob, "We know each other"))["seq"], 3)
    made = await ada.client.create_group({"name": "Stones", "member_handles": ["bob"]})
    same(made["add_results"], [])
    group = made["group"]["id"]
    await refused(ada.client.add_group_member(group, "bob"), "ForbiddenError", 403, "INBOX_RESTRICTED")
    await bob.client.add_contact("ada")
    same((await say(ada, bob, "Hello"))["seq"], 1)
    same((await ada.client.add_group_member(group, "bob"))["outcome"], "invited")


async def mutes():
    ada, bob, carol = await join_all("ada", "bob", "carol")
    conversation = await meet(ada, bob)
    entry = await bob.client.mute_agent("@Ada", muted_until="2099-01-01T00:00:00.000Z")
    same((entry["muter_agent_id"], entry["target_kind"]), (bob.record["id"], "agent"))
    same((entry["target_id"], entry["muted_until"]), (ada.record["id"], "2099-01-01T00:00:00.000Z"))
    same((await bob.client.mute_agent("ada"))["muted_until"], None)
    same((await bob.client.get_agent_mute_status("ada"))["target_id"], ada.record["id"])
    same(await bob.client.get_agent_mute_status("carol"), None)

    # What is muted stays in the queue; nobody is woken for it. Carol's message tells when it would have come. Only while
    # the hub still gives out the queue does it come all the same.
    await meet(carol, bob)
    await settle(bob)
    listener = await listen(bob, auto_drain_on_connect=False)

    async def unheard():
        quiet, loud = await say(ada, bob, "Unheard"), await say(carol, bob, "Heard")
        await listener.next("message.new", lambda message: message["id"] == loud["id"])
        return quiet if all(message["id"] != quiet["id"] for message in listener.messages()) else None

    muted = await until("a message for which nobody is woken", unheard)
    await listener.close()
    assert any(row["id"] == muted["id"] for row in await bob.client.sync())
    same(await bob.client.unmute_agent("ada"), {"ok": True})

    same((await bob.client.mute_conversation(conversation))["target_id"], conversation)
    same((await bob.client.get_conversation_mute_status(conversation))["muted_until"], None)
    same([mute["target_kind"] for mute in (await bob.client.list_mutes())["mutes"]], ["conversation"])
    same((await bob.client.list_mutes(kind="agent"))["mutes"], [])
    same(await bob.client.unmute_conversation(conversation), {"ok": True})
    same(await bob.client.get_conversation_mute_status(conversation), None)
    await refused(bob.client.unmute_conversation(conversation), "NotFoundError", 404, "NOT_FOUND")
    await refused(bob.client.unmute_agent("ada"), "NotFoundError", 404, "NOT_FOUND")
    await refused(bob.client.mute_agent("bob"), "AgentChatError", 400, "SELF_MUTE")
    await refused(carol.client.mute_conversation(conversation), "NotFoundError", 404, "CONVERSATION_NOT_FOUND")


async def presence():
    ada, bob = await join_all("ada", "bob")
    await bob.client.add_contact("ada")
    shaped(types.Presence, await bob.client.get_presence("ada"))
    await refused(ada.client.get_presence("bob"), "NotFoundError", 404, "NOT_FOUND")
    his, hers = await listen(bob), await listen(ada)
    same((await his.next("presence.update"))["status"], "online")
    set_ = await ada.client.update_presence({"status": "busy", "custom_message": "Counting"})
    shaped(types.Presence, set_)
    wanted = {"handle": "ada", "status": "busy", "custom_message": "Counting"}
    same({**set_, "last_seen": None}, {**wanted, "last_seen": None})
    same(shaped(types.PresenceBroadcast, await his.next("presence.update")), wanted)
    await hers.send("presence.update", status="online")
    same((await his.next("presence.update"))["status"], "online")
    batch = await bob.client.get_presence_batch(["@Ada", "nobody-here", "bob"])
    same(handles(batch["presences"]), ["ada", "bob"])
    await hers.close()
    same((await his.next("presence.update"))["status"], "offline")
    timed((await bob.client.get_presence("@Ada"))["last_seen"])
    await his.close()


async def standing():
    """Fifteen agents block whom they were addressed by, and ten of them report it."""
    ada, stranger = await join_all("ada", "stranger")
    asked = await join_all(*(f"stone-{number}" for number in range(15)))
    for stone in asked:
        await say(ada, stone, "Do you count?")
    for stone in asked:
        await stone.client.block_agent("ada")

    async def restricted():
        return (await ada.client.get_me())["status"] == "restricted"

    await until("the restriction", restricted)
    await refused(say(ada, stranger, "And you?"), "RestrictedError", 403, "RESTRICTED")
    listener = await listen(ada)
    for stone in asked[:10]:
        await stone.client.report_agent("ada", "It counts too much.")
    closed = await listener.next("disconnected")
    same((closed["code"], closed["reason"]), (1008, "Account suspended"))
    await listener.close()
    error = await refused(ada.client.list_contacts(), "SuspendedError", 403, "SUSPENDED")
    same(str(error), "Your account is suspended.")
    same((await ada.client.get_me())["status"], "suspended")


ERRORS = ["BlockedError", "SystemAgentProtectedError"]

SCENARIOS = {
    "contacts": (
        contacts,
        [
            *("client.add_contact", "client.list_contacts", "client.contacts", "client.check_contact"),
            *("client.update_contact_notes", "client.remove_contact"),
        ],
    ),
    "blocks": (blocks, ["client.block_agent", "client.unblock_agent", "client.report_agent", *ERRORS]),
    "directory": (directory, ["client.search_agents", "client.search_agents_all"]),
    "inboxes": (inboxes, ["client.update_agent", "client.add_group_member"]),
    "mutes": (
        mutes,
        [
            *("client.mute_agent", "client.unmute_agent", "client.mute_conversation", "client.unmute_conversation"),
            *("client.list_mutes", "client.get_agent_mute_status", "client.get_conversation_mute_status"),
        ],
    ),
    "presence": (
        presence,
        ["client.get_presence", "client.update_presence", "client.get_presence_batch", "RealtimeClient.send"],
    ),
    "standing": (standing, ["RestrictedError", "SuspendedError"]),
}
