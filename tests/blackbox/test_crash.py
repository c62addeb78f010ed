"""`kill -9` in a stream of signed webhooks: what was answered 200 is in force for ever."""

import http.client
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import bodies
from people import check, refused
from run import for_each
from wire import want

KILLS = 20
SENDERS = 4
ACKNOWLEDGED_MAX = 40  # before a kill; with what is under way this keeps 20 rounds within the thousand numbers of fiction
FIRST_PHONE = 447700900000


@for_each("database")
def test_twenty_kills_lose_no_stop_that_was_acknowledged(world, database):
    server = world.server(database)
    server.start()
    draw = random.Random(20)
    acknowledged = []
    stream = Stream(server)
    for _ in range(KILLS):
        fresh = stream.until_killed(draw.randint(1, ACKNOWLEDGED_MAX))
        acknowledged += fresh
        server.start()
        in_force(server, fresh)
        server.run("verify")
    in_force(server, acknowledged)
    listed = everybody_opted_out(server.api)
    gone = [phone for phone in acknowledged if f"+{phone}" not in listed]
    want(not gone, f"each of the {len(acknowledged)} is among the contacts who opted out; missing: {gone[:5]}")
    code = server.process.stop()
    want(code == 0, f"SIGTERM ends the server with 0, not {code}")
    server.run("verify")


class Stream:
    """People, one after the other, who write STOP."""

    def __init__(self, server):
        self.server, self.next, self.lock = server, 0, threading.Lock()

    def until_killed(self, count):
        """Posts webhooks from several connections and kills the server at the acknowledgement of the nth."""
        acknowledged, enough = [], threading.Event()

        def post():
            while not enough.is_set():
                with self.lock:
                    phone = str(FIRST_PHONE + self.next)
                    self.next += 1
                raw, signature = bodies.webhook(phone, "STOP")
                try:
                    answer = self.server.api.ask("POST", "/webhooks/whatsapp", raw, signature)
                except (OSError, http.client.HTTPException):
                    return  # the connection broke: this one was never acknowledged
                want(answer.status == 200, "a signed webhook is acknowledged", answer)
                with self.lock:
                    acknowledged.append(phone)
                    if len(acknowledged) >= count:
                        enough.set()

        with ThreadPoolExecutor(SENDERS) as pool:
            running = [pool.submit(post) for _ in range(SENDERS)]
            while not enough.wait(0.001) and not any(one.done() for one in running):
                pass
            self.server.process.kill()
            enough.set()
        for one in running:
            one.result()
        want(len(acknowledged) >= count, f"the stream ran until {count} were acknowledged, not {len(acknowledged)}")
        return acknowledged


def in_force(server, phones):
    def one(phone):
        answer = check(server.api, "marketing", phone)
        want(refused(answer, "opted_out_category"), f"the acknowledged STOP of +{phone} is in force", answer)

    with ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(one, phones))


def everybody_opted_out(api):
    """The numbers of all contacts who opted out, as the list shows them."""
    text, cursor = "", None
    while True:
        query = {"consent": "opted_out", "limit": 200, **({"cursor": cursor} if cursor else {})}
        answer = api.get("/api/v1/contacts", **query)
        want(answer.status == 200, "the contacts are listed", answer)
        text += answer.body.decode()
        cursor = answer.json()["next"]
        if not cursor:
            return text
