"""A group's whole life: made, joined by consent, talked in, run, left, and deleted."""

from hub import *
from listener import listen


def event(message):
    """What a system message says, and who it is from."""
    same(message["type"], "system")
    data = dict(message["content"]["data"])
    same(data.pop("schema_version"), 1)
    return {**data, "sender": message["sender"]}


def roles(group):
    return [(member["handle"], member["role"]) for member in group["members"]]


async def accept(agent):
    """Accepts the one invitation that `agent` has; the group."""
    (invite,) = await agent.client.list_group_invites()
    return await agent.client.accept_group_invite(invite["id"])


async def groups():
    ada, bob, carol, dora = await join_all("ada", "bob", "carol", "dora")
    his = await listen(bob)
    act = ada.client
    asked = {"name": "Stones", "description": "Counting", "member_handles": ["@Bob", "carol", "nobody-here", "ada"]}
    made = await act.create_group(asked)
    group = shaped(types.GroupDetail, made["group"])
    id = group["id"]
    assert id.startswith("grp_")
    same((group["name"], group["description"], group["created_by"]), ("Stones", "Counting", "ada"))
    same((group["member_count"], group["your_role"], roles(group)), (1, "admin", [("ada", "admin")]))
    for added in made["add_results"]:
        shaped(types.AddMemberResult, added)
    same(
        [(added["handle"], added["outcome"]) for added in made["add_results"]],
        [("bob", "invited"), ("carol", "invited")],
    )

    (invite,) = await bob.client.list_group_invites()
    shaped(types.GroupInvitation, invite)
    same((invite["id"], invite["group_id"], invite["inviter_handle"]), (made["add_results"][0]["invite_id"], id, "ada"))
    same(await his.next("group.invite.received"), invite)
    await refused(carol.client.accept_group_invite(invite["id"]), "NotFoundError", 404, "INVITE_NOT_FOUND")
    joined = shaped(types.GroupDetail, await bob.client.accept_group_invite(invite["id"]))
    same((roles(joined), joined["your_role"]), ([("ada", "admin"), ("bob", "member")], "member"))
    await refused(carol.client.get_group(id), "NotFoundError", 404, "GROUP_NOT_FOUND")
    (hers,) = await carol.client.list_group_invites()
    same(await carol.client.reject_group_invite(hers["id"]), {"message": "Invite rejected"})
    await refused(carol.client.reject_group_invite(hers["id"]), "NotFoundError", 404, "INVITE_NOT_FOUND")

    one = await say_in(ada, id, "Before Carol, @bob")
    same(one["context"]["conversation"], {"type": "group", "group_name": "Stones", "member_count": 2})
    heard = await his.next("message.new", lambda message: message["id"] == one["id"])
    rendered = export("render_message_context")(heard, self_handle="@Bob")
    assert 'Conversation: group "Stones" (2 members)' in rendered, rendered
    assert "You were @-mentioned in this message." in rendered, rendered
    await refused(bob.client.add_group_member(id, "carol"), "ForbiddenError", 403, "FORBIDDEN")
    invited = await act.add_group_member(id, "@Carol")
    same(await act.add_group_member(id, "carol"), invited)
    same(await act.add_group_member(id, "bob"), {"handle": "bob", "outcome": "already_member"})
    same((await accept(carol))["member_count"], 3)
    await say_in(bob, id, "Welcome")
    seen = await carol.client.get_messages(id, after_seq=0)
    same(event(seen[0]), {"event": "member_joined", "agent_handle": "carol", "sender": "ada"})
    same(texts(seen[1:]), ["Welcome"])

    renamed = await act.update_group(id, {"name": "Pebbles", "description": None})
    same((renamed["name"], renamed["description"]), ("Pebbles", None))
    await refused(bob.client.update_group(id, {"name": "Rocks"}), "ForbiddenError", 403, "FORBIDDEN")
    same(await act.promote_group_member(id, "bob"), {"message": "Member promoted to admin"})
    same(await act.demote_group_member(id, "bob"), {"message": "Admin demoted to member"})
    await refused(act.demote_group_member(id, "bob"), "AgentChatError", 400, "NOT_ADMIN")
    await refused(act.promote_group_member(id, "dora"), "NotFoundError", 404, "NOT_MEMBER")
    same(await act.remove_group_member(id, "bob"), {"message": "Member removed"})
    await refused(bob.client.get_group(id), "NotFoundError", 404, "GROUP_NOT_FOUND")
    await refused(say_in(bob, id, "Hey"), "NotFoundError", 404, "GROUP_NOT_FOUND")
    await refused(say_in(dora, id, "Hey"), "NotFoundError", 404, "GROUP_NOT_FOUND")
    participants = await carol.client.get_conversation_participants(id)
    same(sorted(participant["handle"] for participant in participants), ["ada", "carol"])

    same(await act.leave_group(id), {"message": "Left group", "promoted_handle": "carol"})
    alone = await carol.client.get_group(id)
    same((alone["your_role"], roles(alone)), ("admin", [("carol", "admin")]))
    log = [row for row in await carol.client.get_messages(id, after_seq=0) if row["type"] == "system"]
    by_ada = {"actor_handle": "ada", "sender": "ada"}
    wanted = [
        {"event": "name_changed", "new_name": "Pebbles", **by_ada},
        {"event": "description_changed", **by_ada},
        {"event": "admin_promoted", "agent_handle": "bob", **by_ada},
        {"event": "admin_demoted", "agent_handle": "bob", **by_ada},
        {"event": "member_removed", "agent_handle": "bob", **by_ada},
        {"event": "member_left", "agent_handle": "ada", "sender": "ada"},
        {"event": "admin_promoted", "agent_handle": "carol", "actor_handle": None, "sender": "carol"},
    ]
    same([event(row) for row in log[1:]], wanted)
    await his.close()


async def deletion():
    ada, bob, carol = await join_all("ada", "bob", "carol")
    made = await ada.client.create_group({"name": "Stones", "member_handles": ["bob", "carol"]})
    id = made["group"]["id"]
    await accept(bob)
    once = {"client_msg_id": "said-before-the-end"}
    said = await say_in(bob, id, "Still here", **once)
    his = await listen(bob)
    await refused(bob.client.delete_group(id), "ForbiddenError", 403, "FORBIDDEN")
    at = (await ada.client.delete_group(id))["deleted_at"]
    timed(at)

    def is_last(message):
        return message["type"] == "system" and message["content"]["data"]["event"] == "group_deleted"

    notice = await his.next("message.new", is_last)
    same(event(notice), {"event": "group_deleted", "actor_handle": "ada", "sender": "ada"})
    end = {"group_id": id, "deleted_by_handle": "ada", "deleted_at": at}
    same(shaped(types.DeletedGroupInfo, await his.next("group.deleted")), end)
    await his.close()
    for work in (
        bob.client.get_group(id),
        say_in(bob, id, "Hello?"),
        bob.client.get_messages(id),
        bob.client.leave_group(id),
        ada.client.delete_group(id),
    ):
        error = await refused(work, "GroupDeletedError", 410, "GROUP_DELETED")
        same((error.group_id, error.deleted_by_handle, error.deleted_at), (id, "ada", at))
    same((await say_in(bob, id, "Still here", **once))["id"], said["id"])
    same(await carol.client.list_group_invites(), [])
    await refused(carol.client.get_group(id), "NotFoundError", 404, "GROUP_NOT_FOUND")
    same(await bob.client.list_conversations(), [])


SCENARIOS = {
    "groups": (
        groups,
        [
            *("client.create_group", "client.get_group", "client.update_group", "client.add_group_member"),
            *("client.remove_group_member", "client.promote_group_member", "client.demote_group_member"),
            *("client.leave_group", "client.list_group_invites", "client.accept_group_invite"),
            "client.reject_group_invite",
        ],
    ),
    "deletion": (deletion, ["client.delete_group", "GroupDeletedError"]),
}
