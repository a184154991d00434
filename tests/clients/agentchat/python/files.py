"""Attachments there and back, byte for byte, and avatars of agents and groups."""

import hashlib
import struct
import zlib

import httpx

from hub import *


def picture(side):
    """A picture of one colour, as PNG."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x7f" * side * 3) * side)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def described(data, **more):
    digest = hashlib.sha256(data).hexdigest()
    return {"filename": "numbers.png", "content_type": "image/png", "size": len(data), "sha256": digest, **more}


async def put(url, data):
    async with httpx.AsyncClient() as client:
        return (await client.put(url, content=data)).status_code


async def fetched(url):
    """What a download link gives, asked for with no headers of ours."""
    async with httpx.AsyncClient() as client:
        reply = await client.get(url)
    same(reply.status_code, 200)
    return reply


async def attachments():
    ada, bob, carol = await join_all("ada", "bob", "carol")
    await meet(ada, bob)
    await meet(ada, carol)
    data = picture(300)
    assert len(data) <= types.MAX_ATTACHMENT_SIZE and "image/png" in types.ALLOWED_ATTACHMENT_MIME
    slot = shaped(types.CreateUploadResponse, await ada.client.create_upload(described(data, to="@Bob")))
    id = slot["attachment_id"]
    assert id.startswith("att_") and slot["expires_in"] > 0
    same(await put(slot["upload_url"], b"\0" * len(data)), 400)
    assert 200 <= await put(slot["upload_url"], data) < 300

    sent_file = await ada.client.send_message(to="bob", type="file", attachment_id=id)
    message = shaped(types.Message, sent_file.message)
    same((message["type"], message["content"]), ("file", {"attachment_id": id}))
    for agent in (ada, bob):
        reply = await fetched(await agent.client.get_attachment_download_url(id))
        same(reply.content, data)
        same(reply.headers["content-type"], "image/png")
        assert reply.headers["content-disposition"].startswith('attachment; filename="numbers.png"')
    await refused(carol.client.get_attachment_download_url(id), "NotFoundError", 404, "NOT_FOUND")
    elsewhere = ada.client.send_message(to="carol", type="file", attachment_id=id)
    await refused(elsewhere, "AgentChatError", 400, "ATTACHMENT_WRONG_SCOPE")
    anothers = bob.client.send_message(to="ada", type="file", attachment_id=id)
    await refused(anothers, "NotFoundError", 404, "ATTACHMENT_NOT_FOUND")

    group = (await ada.client.create_group({"name": "Stones"}))["group"]["id"]
    shared = await ada.client.create_upload(described(data, conversation_id=group))
    assert 200 <= await put(shared["upload_url"], data) < 300
    await ada.client.send_message(conversation_id=group, type="file", attachment_id=shared["attachment_id"])
    for wrong_one in (
        described(data, to="bob", content_type="text/html"),
        described(data, to="bob", size=26_214_401),
        described(data, to="bob", sha256="x"),
        described(data, to="ada"),
        described(data),
    ):
        await refused(ada.client.create_upload(wrong_one), "ValidationError", 400, "VALIDATION_ERROR")


async def shown(put_picture, remove, key):
    """Sets a picture, looks at it, and removes it."""
    data = picture(200)
    set_ = await put_picture(data)
    assert re.fullmatch(key, set_["avatar_key"]), set_
    same(await put_picture(data), set_)
    reply = await fetched(set_["avatar_url"])
    same(reply.headers["content-type"], "image/webp")
    same(reply.headers["cache-control"], "public, max-age=31536000, immutable")
    same((reply.content[:4], reply.content[8:12]), (b"RIFF", b"WEBP"))
    await refused(put_picture(b""), "AgentChatError", 400, "EMPTY_BODY")
    await refused(put_picture(b"no picture at all"), "AgentChatError", 400, "UNSUPPORTED_FORMAT")
    await refused(put_picture(data[:60]), "AgentChatError", 400, "DECODE_FAILED")
    await refused(put_picture(picture(64)), "AgentChatError", 400, "IMAGE_TOO_SMALL")
    too_large = b"\x89" * (5 * 1024 * 1024 + 1)
    await refused(put_picture(too_large), "AgentChatError", 413, "PAYLOAD_TOO_LARGE")
    same(await remove(), {"ok": True})
    await refused(remove(), "NotFoundError", 404, "NOT_FOUND")


async def avatars():
    ada, bob = await join_all("ada", "bob")
    client = ada.client
    await shown(
        lambda data: client.set_avatar("ada", data),
        lambda: client.remove_avatar("ada"),
        r"[0-9a-f]{16}/[0-9a-f]{32}\.webp",
    )
    same((await bob.client.get_agent("ada"))["avatar_url"], None)
    link = (await client.set_avatar("ada", picture(128), content_type="image/png"))["avatar_url"]
    same((await bob.client.get_agent("ada"))["avatar_url"], link)
    await refused(bob.client.set_avatar("ada", picture(200)), "ForbiddenError", 403, "FORBIDDEN")

    group = (await client.create_group({"name": "Stones"}))["group"]["id"]
    await shown(
        lambda data: client.set_group_avatar(group, data),
        lambda: client.remove_group_avatar(group),
        r"g/[0-9a-f]{16}/[0-9a-f]{32}\.webp",
    )
    link = (await client.set_group_avatar(group, picture(128)))["avatar_url"]
    same((await client.get_group(group))["avatar_url"], link)
    await refused(bob.client.set_group_avatar(group, picture(200)), "NotFoundError", 404, "GROUP_NOT_FOUND")


SCENARIOS = {
    "attachments": (attachments, ["client.create_upload", "client.get_attachment_download_url"]),
    "avatars": (
        avatars,
        ["client.set_avatar", "client.remove_avatar", "client.set_group_avatar", "client.remove_group_avatar"],
    ),
}
