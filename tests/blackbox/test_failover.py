"""The primary dies while webhooks come in and messages go out, and a synchronous standby takes its place; and what a database that may lose is told."""

import collections
import http.client
import threading
import time

import bodies
from house import Server
from people import check, opt_in, opt_out, refused
from traffic import said_in
from wire import Failure, until, want

SENDERS, HEARERS = 3, 3
FIRST_PHONE, FIRST_STOP = 33700000000, 33800000000
BEFORE_S = 2.5
RESUMES_S = 45
LOOKS_AGAIN_S = 20


def test_a_synchronous_standby_takes_over_and_nothing_acknowledged_is_lost(world):
    primary = world.cluster()
    standby = primary.standby()
    with standby:
        address = f"postgres://consentry@{primary.hosts()},{standby.hosts()}/postgres"
        meta = world.simulator()
        nodes = [Server(world.tools.binary, world.folder(), address, meta)]
        nodes.append(Server(world.tools.binary, world.folder(), address, meta, beside=nodes[0]))
        refuses(nodes[0], "synchronous_standby_names")
        primary.set(synchronous_standby_names="*")
        for node in nodes:
            node.start()
        traffic = Both(nodes)
        traffic.start()
        time.sleep(BEFORE_S)
        primary.kill()
        time.sleep(0.5)
        standby.promote()
        promoted = time.monotonic()
        for node in nodes:
            until(lambda node=node: goes(node), "sending resumes by itself", RESUMES_S, 0.1)
        resumed = time.monotonic() - promoted
        time.sleep(BEFORE_S)
        traffic.stop()
        print(f"    {len(traffic.stopped)} opt-outs acknowledged, {traffic.sent} sends, {traffic.broken} cut off; sending went on {resumed:.1f} s after the promotion", flush=True)
        want(len(traffic.stopped) > 10 and traffic.sent > 10, "much of everything really happened")
        for phone in traffic.stopped:
            want(refused(check(nodes[0].api, "marketing", phone), "opted_out_category"), f"the acknowledged opt-out of {phone} is in force")
        counts = collections.Counter(said_in(body) for _, _, body in meta.arrivals())
        twice = [text for text, count in counts.items() if count > 1]
        want(not twice, f"no message is sent twice: {twice[:5]}")
        nodes[0].run("verify")
        # What was a standby is a lone server now, which is fine.
        later = Server(world.tools.binary, world.folder(), address, meta, beside=nodes[0])
        later.start()


def test_nothing_is_acknowledged_while_the_synchronous_standby_is_away(world):
    primary = world.cluster()
    standby = primary.standby()
    with standby:
        primary.set(synchronous_standby_names="*")
        node = Server(world.tools.binary, world.folder(), primary.url, world.simulator())
        node.start()
        opt_in(node.api, "33700000001")
        standby.kill()
        until(lambda: "every commit waits for a standby" in node.process.tail(), "the log says so", LOOKS_AGAIN_S)
        answer = node.api.post("/api/v1/events", {"to": "+33700000001", "kind": "opt_out", "scope": {"category": "marketing"}})
        want(answer.status == 503, "an opt-out that is on one server only is not acknowledged", answer)
        primary.set(synchronous_standby_names="")
        until(lambda: opt_out(node.api, "33700000001"), "it is, as soon as nobody is waited for")


def test_a_database_that_may_lose_is_refused_unless_that_is_allowed(world):
    cluster = world.cluster()
    meta = world.simulator()
    node = Server(world.tools.binary, world.folder(), cluster.url, meta)
    careless = Server(world.tools.binary, world.folder(), cluster.url, meta, beside=node, settings="database_allow_lossy = true\n")
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        cluster.set(**{name: "off"})
        refuses(node, name)
        careless.start()
        want(f"`{name}` is off" in careless.process.tail(), "who allows it is told all the same")
        careless.process.stop()
        cluster.set(**{name: None})
    node.start()
    want("the database keeps what we acknowledge: fsync on" in node.process.tail(), "the start says what the database promises")
    want(lossy(node) == 0, "nothing can be lost")
    cluster.set(full_page_writes="off")
    until(lambda: lossy(node) == 1, "a change while it runs is seen", LOOKS_AGAIN_S, 0.2)
    want("may lose what we acknowledge" in node.process.tail(), "and said aloud")
    cluster.set(full_page_writes=None)
    until(lambda: lossy(node) == 0, "and so is the end of it", LOOKS_AGAIN_S, 0.2)


def refuses(node, word):
    """The server does not start, and says why."""
    code, said, trouble = node.try_to("serve")
    want(code == 1 and word in trouble and "database_allow_lossy" in trouble, f"a start on a database that may lose is refused for `{word}`: {code} {said}{trouble}")


def lossy(node):
    for line in node.api.get("/metrics").body.decode().splitlines():
        if line.startswith("consentry_database_lossy "):
            return float(line.split()[1])
    return None


def goes(node):
    """Whether a message can be sent through a node."""
    phone = str(FIRST_PHONE + 900_000 + int(time.monotonic() * 1000) % 90_000)
    try:
        opt_in(node.api, phone)
        return node.api.post(f"{bodies.GRAPH}/{node.number}/messages", bodies.template(phone, "autumn_sale", f"again {phone}")).status == 200
    except (OSError, http.client.HTTPException, Failure):
        return False


class Both:
    """STOPs that come in and messages that go out, at every node."""

    def __init__(self, nodes):
        self.nodes, self.over, self.lock = nodes, threading.Event(), threading.Lock()
        self.stopped, self.sent, self.broken, self.next = [], 0, 0, 0
        self.threads = [threading.Thread(target=self._hear) for _ in range(HEARERS)] + [threading.Thread(target=self._send) for _ in range(SENDERS)]

    def start(self):
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join()

    def _number(self):
        with self.lock:
            self.next += 1
            return self.next

    def _hear(self):
        while not self.over.is_set():
            number = self._number()
            phone = str(FIRST_STOP + number)
            raw, signature = bodies.webhook(phone, "STOP")
            node = self.nodes[number % len(self.nodes)]
            # As Meta does: until it is answered 200.
            while not self._tell(node, raw, signature):
                if self.over.wait(0.2):
                    return
            self.stopped.append(phone)

    def _tell(self, node, raw, signature):
        try:
            return node.api.ask("POST", "/webhooks/whatsapp", raw, signature).status == 200
        except (OSError, http.client.HTTPException):
            return False

    def _send(self):
        while not self.over.is_set():
            number = self._number()
            phone = str(FIRST_PHONE + number)
            node = self.nodes[number % len(self.nodes)]
            try:
                opt_in(node.api, phone)
                answer = node.api.post(f"{bodies.GRAPH}/{node.number}/messages", bodies.template(phone, "autumn_sale", f"text {number}"))
                with self.lock:
                    self.sent += answer.status == 200
                    self.broken += answer.status != 200
            except (OSError, http.client.HTTPException, Failure):
                with self.lock:
                    self.broken += 1
