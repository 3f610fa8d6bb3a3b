"""A client library that others wrote, nats-py, used as a program would use it."""

import asyncio
import functools

import nats
import nats.errors
import nats.js.errors
import pytest
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig


def asynchronous(test):
    """Runs an async test that takes the connection `nc` and the JetStream context `js` of a fresh client."""

    @functools.wraps(test)
    def run(server, client):
        async def story():
            nc = await nats.connect(server.url(), allow_reconnect=False)
            try:
                await test(nc, nc.jetstream())
            finally:
                await nc.close()

        asyncio.run(asyncio.wait_for(story(), 30))

    # pytest is to see the fixtures and not the test's own parameters.
    del run.__wrapped__
    return run


# Core


@asynchronous
async def test_a_published_message_reaches_a_subscriber(nc, js):
    """Core 2, 20."""
    subscription = await nc.subscribe("greet.*")
    await nc.publish("greet.joe", b"hello")
    message = await subscription.next_msg(timeout=60)
    assert (message.subject, message.data) == ("greet.joe", b"hello")
    await subscription.unsubscribe()


@asynchronous
async def test_a_queue_group_shares_its_messages(nc, js):
    """Core 36."""
    counts = [0, 0, 0]

    def count(index):
        async def handle(_):
            counts[index] += 1

        return handle

    for index in range(3):
        await nc.subscribe("work", queue="workers", cb=count(index))
    for _ in range(300):
        await nc.publish("work")
    await nc.flush()
    for _ in range(3000):
        if sum(counts) == 300:
            break
        await asyncio.sleep(0.02)
    assert sum(counts) == 300 and all(counts)


@asynchronous
async def test_a_request_is_answered(nc, js):
    """Core 1.10."""

    async def answer(message):
        await message.respond(message.data.upper())

    await nc.subscribe("service", cb=answer)
    answers = await asyncio.gather(*(nc.request("service", b"a%d" % n, timeout=60) for n in range(50)))
    assert [answer.data for answer in answers] == [b"A%d" % n for n in range(50)]


@asynchronous
async def test_a_request_that_nobody_hears_fails_at_once(nc, js):
    """Core 47."""
    with pytest.raises(nats.errors.NoRespondersError):
        await nc.request("nobody", b"", timeout=60)


@asynchronous
async def test_headers_arrive(nc, js):
    """Core 43."""
    subscription = await nc.subscribe("with.headers")
    await nc.publish("with.headers", b"body", headers={"One": "1", "Two": "zwei drei"})
    message = await subscription.next_msg(timeout=60)
    assert (message.headers, message.data) == ({"One": "1", "Two": "zwei drei"}, b"body")


@asynchronous
async def test_a_subscription_can_end_after_some_messages(nc, js):
    """Core 38."""
    got = []

    async def keep(message):
        got.append(message.data)

    subscription = await nc.subscribe("limited", cb=keep)
    await subscription.unsubscribe(limit=2)
    for number in range(5):
        await nc.publish("limited", b"%d" % number)
    await nc.flush()
    await asyncio.sleep(0.1)
    assert got == [b"0", b"1"]


@asynchronous
async def test_a_large_payload_arrives_whole(nc, js):
    """Core 23."""
    subscription = await nc.subscribe("large")
    payload = bytes(range(256)) * 4096
    await nc.publish("large", payload)
    assert (await subscription.next_msg(timeout=60)).data == payload
    with pytest.raises(nats.errors.MaxPayloadError):
        await nc.publish("large", payload + b"x")


@asynchronous
async def test_a_drained_subscription_gets_what_came_before_and_nothing_after(nc, js):
    """Core 1.9: UNSUB, and all that is under way is still delivered."""
    got = []

    async def keep(message):
        await asyncio.sleep(0.001)
        got.append(int(message.data))

    subscription = await nc.subscribe("drained", cb=keep)
    for number in range(100):
        await nc.publish("drained", str(number).encode())
    # The client may send the UNSUB before what it has not sent yet.
    await nc.flush()
    await subscription.drain()
    await nc.publish("drained", b"100")
    await nc.flush()
    assert got == list(range(100))


@asynchronous
async def test_draining_delivers_what_is_under_way(nc, js):
    """Core 1.9."""
    got = []

    async def keep(message):
        got.append(message)

    await nc.subscribe("drained", cb=keep)
    for _ in range(100):
        await nc.publish("drained")
    await nc.drain()
    assert len(got) == 100


# Streams


@asynchronous
async def test_a_stream_is_added_updated_listed_and_deleted(nc, js):
    """Streams 19, 40, 48."""
    info = await js.add_stream(name="ORDERS", subjects=["orders.>"])
    assert info.config.storage == StorageType.FILE and info.config.retention == RetentionPolicy.LIMITS
    assert info.state.messages == 0
    info = await js.update_stream(StreamConfig(name="ORDERS", subjects=["orders.>", "returns"], max_msgs=10))
    assert (info.config.subjects, info.config.max_msgs) == (["orders.>", "returns"], 10)
    assert [stream.config.name for stream in await js.streams_info()] == ["ORDERS"]
    assert await js.find_stream_name_by_subject("returns") == "ORDERS"
    assert (await js.account_info()).streams == 1
    with pytest.raises(nats.js.errors.BadRequestError):
        await js.add_stream(name="OTHER", subjects=["orders.*"])
    assert await js.delete_stream("ORDERS")
    with pytest.raises(nats.js.errors.NotFoundError):
        await js.stream_info("ORDERS")


@asynchronous
async def test_a_stream_publish_is_acknowledged(nc, js):
    """Streams 49, 67."""
    await js.add_stream(name="S", subjects=["s.*"])
    ack = await js.publish("s.a", b"one", headers={"A": "b"})
    assert (ack.stream, ack.seq, ack.duplicate) == ("S", 1, None)
    with pytest.raises(nats.js.errors.NoStreamResponseError):
        await js.publish("nowhere", b"")


@asynchronous
async def test_many_publishes_may_be_under_way(nc, js):
    """Streams 4.6."""
    await js.add_stream(name="S", subjects=["s.*"])
    futures = [await js.publish_async(f"s.{number % 3}", b"%d" % number) for number in range(500)]
    await js.publish_async_completed()
    assert [future.result().seq for future in futures] == list(range(1, 501))


@asynchronous
async def test_a_duplicate_is_recognised(nc, js):
    """Streams 50."""
    await js.add_stream(name="S", subjects=["s"], duplicate_window=60)
    first = await js.publish("s", b"x", headers={"Nats-Msg-Id": "1"})
    again = await js.publish("s", b"x", headers={"Nats-Msg-Id": "1"})
    assert (first.duplicate, again.duplicate, again.seq) == (None, True, 1)


@asynchronous
async def test_expectations_are_checked(nc, js):
    """Streams 55, 56, 57, 60."""
    await js.add_stream(name="S", subjects=["s.*"])
    await js.publish("s.a", b"x", stream="S", headers={"Nats-Expected-Last-Sequence": "0"})
    await js.publish("s.b", b"x", headers={"Nats-Expected-Last-Subject-Sequence": "0"})
    for headers, code in (
        ({"Nats-Expected-Stream": "T"}, 10060),
        ({"Nats-Expected-Last-Sequence": "9"}, 10071),
        ({"Nats-Expected-Last-Subject-Sequence": "2"}, 10071),
        ({"Nats-Expected-Last-Msg-Id": "x"}, 10070),
    ):
        with pytest.raises(nats.js.errors.BadRequestError) as refused:
            await js.publish("s.a", b"x", headers=headers)
        assert refused.value.err_code == code
    assert (await js.stream_info("S")).state.messages == 2


@asynchronous
async def test_limits_and_discard_new_are_kept(nc, js):
    """Streams 72, 75."""
    await js.add_stream(name="OLD", subjects=["old"], max_msgs=3)
    for _ in range(5):
        await js.publish("old")
    state = (await js.stream_info("OLD")).state
    assert (state.messages, state.first_seq, state.last_seq) == (3, 3, 5)
    await js.add_stream(name="NEW", subjects=["new"], max_msgs=2, discard=DiscardPolicy.NEW)
    for _ in range(2):
        await js.publish("new")
    with pytest.raises(nats.js.errors.APIError) as refused:
        await js.publish("new")
    assert refused.value.err_code == 10077


@asynchronous
async def test_messages_are_purged_read_and_deleted(nc, js):
    """Streams 87, 90, 93, 94."""
    await js.add_stream(name="S", subjects=["s.*"])
    for number in range(6):
        await js.publish(f"s.{number % 2}", b"%d" % number, headers={"Number": str(number)})
    message = await js.get_msg("S", 3)
    assert (message.subject, message.data, message.headers["Number"]) == ("s.0", b"2", "2")
    assert (await js.get_last_msg("S", "s.1")).seq == 6
    assert await js.delete_msg("S", 3)
    with pytest.raises(nats.js.errors.NotFoundError):
        await js.get_msg("S", 3)
    assert await js.purge_stream("S", subject="s.1")
    assert (await js.stream_info("S")).state.messages == 2
    assert await js.purge_stream("S")
    assert (await js.stream_info("S")).state.messages == 0


@asynchronous
async def test_messages_are_read_directly(nc, js):
    """Streams 96, 98."""
    await js.add_stream(name="S", subjects=["s.*"], allow_direct=True)
    for number in range(4):
        await js.publish(f"s.{number % 2}", b"%d" % number)
    message = await js.get_msg("S", 2, direct=True)
    assert (message.seq, message.subject, message.data) == (2, "s.1", b"1")
    assert (await js.get_last_msg("S", "s.0", direct=True)).seq == 3
    assert (await js.get_msg("S", subject="s.1", seq=3, direct=True, next=True)).seq == 4
    with pytest.raises(nats.js.errors.NotFoundError):
        await js.get_msg("S", 9, direct=True)


# Consumers


async def stream_of(js, count):
    """A stream S with `count` messages 0, 1, …"""
    await js.add_stream(name="S", subjects=["s.*"])
    for number in range(count):
        await js.publish("s.a", b"%d" % number)


@asynchronous
async def test_messages_are_fetched_and_acknowledged(nc, js):
    """Consumers 65, 107."""
    await stream_of(js, 10)
    subscription = await js.pull_subscribe("s.*", durable="d")
    messages = await subscription.fetch(4, timeout=60)
    assert [message.data for message in messages] == [b"0", b"1", b"2", b"3"]
    metadata = messages[0].metadata
    assert (metadata.stream, metadata.consumer, metadata.num_delivered, metadata.num_pending) == ("S", "d", 1, 9)
    for message in messages:
        await message.ack_sync(timeout=60)
    info = await subscription.consumer_info()
    assert (info.ack_floor.stream_seq, info.num_ack_pending, info.num_pending) == (4, 0, 6)
    rest = await subscription.fetch(20, timeout=1)
    assert [message.data for message in rest] == [b"4", b"5", b"6", b"7", b"8", b"9"]
    with pytest.raises(asyncio.TimeoutError):
        await subscription.fetch(1, timeout=0.2)


@asynchronous
async def test_a_refused_message_is_fetched_again(nc, js):
    """Consumers 111, 112."""
    await stream_of(js, 1)
    subscription = await js.pull_subscribe("s.*", durable="d")
    message = (await subscription.fetch(1, timeout=60))[0]
    await message.nak()
    message = (await subscription.fetch(1, timeout=60))[0]
    assert message.metadata.num_delivered == 2
    await message.nak(delay=0.3)
    message = (await subscription.fetch(1, timeout=60))[0]
    assert message.metadata.num_delivered == 3
    await message.term()
    with pytest.raises(asyncio.TimeoutError):
        await subscription.fetch(1, timeout=0.3)


@asynchronous
async def test_work_in_progress_is_not_delivered_again(nc, js):
    """Consumers 114."""
    await stream_of(js, 1)
    subscription = await js.pull_subscribe("s.*", durable="d", config=ConsumerConfig(ack_wait=0.6))
    message = (await subscription.fetch(1, timeout=60))[0]
    for _ in range(4):
        await asyncio.sleep(0.25)
        await message.in_progress()
    with pytest.raises(asyncio.TimeoutError):
        await subscription.fetch(1, timeout=0.2)
    await message.ack()


@asynchronous
async def test_an_unacknowledged_message_is_delivered_again(nc, js):
    """Consumers 121."""
    await stream_of(js, 2)
    subscription = await js.pull_subscribe("s.*", durable="d", config=ConsumerConfig(ack_wait=0.3))
    await subscription.fetch(2, timeout=60)
    again = await subscription.fetch(2, timeout=60)
    assert [(message.data, message.metadata.num_delivered) for message in again] == [(b"0", 2), (b"1", 2)]
    info = await subscription.consumer_info()
    assert (info.num_redelivered, info.num_ack_pending) == (2, 2)


@asynchronous
async def test_deliveries_are_limited(nc, js):
    """Consumers 122, 123."""
    await stream_of(js, 1)
    config = ConsumerConfig(ack_wait=0.2, max_deliver=2)
    subscription = await js.pull_subscribe("s.*", durable="d", config=config)
    counts = []
    for _ in range(2):
        counts += [m.metadata.num_delivered for m in await subscription.fetch(1, timeout=60)]
    assert counts == [1, 2]
    with pytest.raises(asyncio.TimeoutError):
        await subscription.fetch(1, timeout=0.8)


@asynchronous
async def test_an_ephemeral_consumer_goes_away(nc, js):
    """Consumers 104."""
    await stream_of(js, 1)
    subscription = await js.pull_subscribe("s.*", config=ConsumerConfig(inactive_threshold=3.0))
    await (await subscription.fetch(1, timeout=60))[0].ack_sync(timeout=60)
    name = (await subscription.consumer_info()).name
    await subscription.unsubscribe()
    for _ in range(600):
        if not await js.consumers_info("S"):
            break
        await asyncio.sleep(0.1)
    with pytest.raises(nats.js.errors.NotFoundError):
        await js.consumer_info("S", name)


@asynchronous
async def test_consumers_are_listed_and_deleted(nc, js):
    """Consumers 34, 35, 37."""
    await stream_of(js, 1)
    for name in ("b", "a"):
        await js.add_consumer("S", ConsumerConfig(durable_name=name, ack_policy=AckPolicy.EXPLICIT))
    assert [info.name for info in await js.consumers_info("S")] == ["a", "b"]
    assert (await js.consumer_info("S", "a")).config.durable_name == "a"
    assert await js.delete_consumer("S", "a")
    with pytest.raises(nats.js.errors.NotFoundError):
        await js.consumer_info("S", "a")
    assert (await js.stream_info("S")).state.consumer_count == 1


@asynchronous
async def test_a_consumer_starts_where_it_is_told_to(nc, js):
    """Consumers 59."""
    await stream_of(js, 10)
    for number, (config, first) in enumerate(
        (
            (ConsumerConfig(deliver_policy=DeliverPolicy.LAST), b"9"),
            (ConsumerConfig(deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=4), b"3"),
            (ConsumerConfig(deliver_policy=DeliverPolicy.ALL), b"0"),
        )
    ):
        subscription = await js.pull_subscribe("s.*", durable=f"d{number}", config=config)
        assert (await subscription.fetch(1, timeout=60))[0].data == first


@asynchronous
async def test_two_readers_share_a_durable_consumer(nc, js):
    """Consumers 86."""
    await stream_of(js, 100)
    readers = [await js.pull_subscribe("s.*", durable="d") for _ in range(2)]
    got = [[], []]

    async def read(index):
        while len(got[0]) + len(got[1]) < 100:
            try:
                messages = await readers[index].fetch(10, timeout=0.3)
            except asyncio.TimeoutError:  # its own kind or the plain one
                continue
            for message in messages:
                await message.ack()
            got[index] += messages

    await asyncio.gather(read(0), read(1))
    sequences = sorted(message.metadata.sequence.stream for message in got[0] + got[1])
    assert sequences == list(range(1, 101))
    assert all(got)


@asynchronous
async def test_a_work_queue_is_emptied(nc, js):
    """Streams 110."""
    await js.add_stream(name="W", subjects=["w"], retention=RetentionPolicy.WORK_QUEUE)
    for number in range(5):
        await js.publish("w", b"%d" % number)
    subscription = await js.pull_subscribe("w", durable="d")
    for message in await subscription.fetch(5, timeout=60):
        await message.ack_sync(timeout=60)
    assert (await js.stream_info("W")).state.messages == 0
