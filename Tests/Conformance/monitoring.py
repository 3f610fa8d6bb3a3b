"""What the tests of monitoring share: reports over HTTP, something to report on, and the shape of a JSON text."""

import json
import re
import time
import urllib.error
import urllib.request

import nats
import nats.js.api as api

import server as servers


class Monitored:
    """A server with its monitoring endpoints."""

    def __init__(self, server):
        self.server = server
        limit = time.monotonic() + servers.START_LIMIT
        while not (found := re.search(r"Starting http monitor on \S*:(\d+)", server.log_text())):
            assert time.monotonic() < limit, server.log_text()
            time.sleep(0.005)
        self.address = f"http://127.0.0.1:{found.group(1)}"

    def get(self, path):
        """Status, type and body."""
        try:
            with urllib.request.urlopen(self.address + path, timeout=60) as response:
                return response.status, response.headers["Content-Type"], response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers["Content-Type"], error.read().decode()

    def json(self, path):
        """The body of a good answer."""
        status, kind, body = self.get(path)
        assert (status, kind) == (200, "application/json"), (path, status, body)
        return json.loads(body)


async def populate(url):
    """Makes streams, a consumer, subscriptions, a client that stays and one that goes; returns the one that stays."""
    client = await nats.connect(url, name="stays <&>")
    gone = await nats.connect(url, name="goes")
    await gone.publish("x", b"12")
    await gone.flush()
    await gone.close()

    async def ignore(message):
        pass

    await client.subscribe("foo.*", cb=ignore)
    await client.subscribe("bar", "q", cb=ignore)
    limited = await client.subscribe("limited", cb=ignore)
    await limited.unsubscribe(5)
    js = client.jetstream()
    await js.add_stream(name="ORDERS", subjects=["orders.>"], description="d")
    await js.add_stream(name="SMALL", subjects=["small.>"], storage=api.StorageType.MEMORY, max_msgs=10)
    for number in range(5):
        await js.publish(f"orders.{number}", b"hello")
    await js.publish("small.a", b"x")
    explicit = api.ConsumerConfig(durable_name="dur", ack_policy=api.AckPolicy.EXPLICIT)
    await js.add_consumer("ORDERS", explicit)
    pull = await js.pull_subscribe_bind("dur", "ORDERS")
    messages = await pull.fetch(2)
    await messages[0].ack_sync()
    await client.publish("foo.a", b"12345")
    await client.flush()
    return client


def shape(value, path=""):
    """The keys of a JSON text with the types of their values: those of all elements of an array together."""
    if isinstance(value, dict):
        found = {path.lstrip("."): "object"} if path else {}
        for key, member in value.items():
            found.update(shape(member, f"{path}.{key}"))
        return found
    if isinstance(value, list):
        found = {path.lstrip("."): "array"}
        for element in value:
            inner = shape(element, path)
            inner.pop(path.lstrip("."), None) if isinstance(element, (dict, list)) else None
            found.update({key: kind for key, kind in inner.items() if key != path.lstrip(".")})
        return found
    kind = "bool" if isinstance(value, bool) else "number" if isinstance(value, (int, float)) else type(value).__name__
    return {path.lstrip("."): kind}
