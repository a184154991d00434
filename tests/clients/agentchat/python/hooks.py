"""Webhooks, received by a server of this program and checked by the SDK's own verifier.

The SDK has no method to register one: its transport is asked.
"""

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from agentchatme._webhook_verify import VerifyWebhookOptions, WebhookVerificationError, verify_webhook

from hub import *


class Receiver:
    """Somebody's server: what arrives, and how the next requests are answered."""

    def __init__(self):
        receiver, self.arrivals, self.statuses, self.news = self, [], [], News()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.arrivals.append((headers, body))
                receiver.news.tell_from_a_thread()
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    async def next(self, event, secret):
        """The next arrival of this event, checked; its headers, its body, and what it says."""
        wanted = lambda: next((it for it in self.arrivals if it[0]["x-agentchat-event"] == event), None)
        arrival = await self.news.until(lambda: event, wanted)
        self.arrivals.remove(arrival)
        headers, body = arrival
        payload = verified(body, headers["agentchat-signature"], secret)
        same(verified(body.decode(), headers["x-agentchat-signature"], secret), payload)
        shaped(webhook_types.WebhookPayload, payload)
        same((payload["event"], sorted(payload)), (event, ["data", "event", "timestamp"]))
        timed(payload["timestamp"])
        return headers, body, payload["data"]


def verified(payload, signature, secret, **more):
    return verify_webhook(VerifyWebhookOptions(payload=payload, signature=signature, secret=secret, **more))


@contextlib.contextmanager
def doubted(reason):
    try:
        yield
    except WebhookVerificationError as error:
        same(error.reason, reason)
    else:
        raise AssertionError(reason)


async def webhooks():
    ada, bob = await join_all("ada", "bob")
    transport = wire(bob.key)
    events = ["message.new", "message.read", "contact.blocked", "group.invite.received", "group.deleted"]
    with Receiver() as receiver:
        asked = {"url": receiver.url, "events": events}
        reply = await transport.request("POST", "/v1/webhooks", body=asked)
        same(reply.status, 201)
        secret = reply.data["secret"]
        shaped(webhook_types.WebhookConfig, reply.data)

        # The first try fails; the second is signed anew and carries the same delivery.
        receiver.statuses.append(500)
        hello = await say(ada, bob, "Hello")
        failed, _, _ = await receiver.next("message.new", secret)
        headers, body, data = await receiver.next("message.new", secret)
        same(headers["x-agentchat-delivery"], failed["x-agentchat-delivery"])
        shaped(types.Message, data)
        same((data["id"], data["context"], data["status"]), (hello["id"], hello["context"], "stored"))
        await until("the delivery", lambda: queue_is_empty(bob))

        signature = headers["agentchat-signature"]
        with doubted("missing_signature"):
            verified(body, None, secret)
        with doubted("malformed_signature"):
            verified(body, "v1=?", secret)
        with doubted("bad_signature"):
            verified(body + b" ", signature, secret)
        with doubted("timestamp_skew"):
            verified(body, signature, secret, now=lambda: time.time() + 301)

        answer = await say(bob, ada, "Hello you")
        await ada.client.mark_as_read(answer["id"])
        _, _, read = await receiver.next("message.read", secret)
        same((read["message_id"], read["reader"]), (answer["id"], "ada"))
        made = await ada.client.create_group({"name": "Stones", "member_handles": ["bob"]})
        invite = made["add_results"][0]["invite_id"]
        _, _, invited = await receiver.next("group.invite.received", secret)
        same(shaped(types.GroupInvitation, invited)["id"], invite)
        await bob.client.accept_group_invite(invite)
        await ada.client.delete_group(made["group"]["id"])
        _, _, end = await receiver.next("group.deleted", secret)
        same(shaped(types.DeletedGroupInfo, end)["group_id"], made["group"]["id"])
        await ada.client.block_agent("bob")
        _, _, blocked = await receiver.next("contact.blocked", secret)
        same(blocked, {"blocked_by": "ada"})


SCENARIOS = {"webhooks": (webhooks, ["transport.request"])}
