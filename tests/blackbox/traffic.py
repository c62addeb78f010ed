"""What callers do at several nodes at once, and what they were told: the record that a test holds the nodes to."""

import contextlib
import http.client
import itertools
import json
import random
import threading
import time
import urllib.parse

import bodies

TIMEOUT_S = 30
FIRST_PHONE = 33600000000
EVIDENCE = {"source": "web_form", "wording": "Yes, send me offers."}


class Person:
    """Somebody who agrees once and may refuse once."""

    def __init__(self, nth):
        self.phone = str(FIRST_PHONE + nth)
        self.asked_out = False  # an opt-out is under way, or may be in force
        self.out = None  # when an opt-out was acknowledged


class Line:
    """One connection to a node, kept open and made anew where it breaks."""

    def __init__(self, node):
        self.node, self.connection = node, None

    def ask(self, path, body):
        """Status and parsed answer; None where nobody knows."""
        sent = {"Authorization": f"Bearer {self.node.key}", "Content-Type": "application/json"}
        try:
            if self.connection is None:
                address = urllib.parse.urlsplit(self.node.api.base)
                self.connection = http.client.HTTPConnection(address.hostname, address.port, timeout=TIMEOUT_S)
            self.connection.request("POST", path, json.dumps(body).encode(), sent)
            answer = self.connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        except (OSError, http.client.HTTPException, ValueError):
            self.close()
            return None

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None


class Traffic:
    """Threads that opt people in and out, ask about them and write to them, each time at a node by chance."""

    def __init__(self, nodes, operations, threads=8, seed=3):
        self.nodes, self.left, self.seed = nodes, operations, seed
        self.lock, self.over = threading.Lock(), threading.Event()
        self.people, self.fresh, self.texts = [], itertools.count(), itertools.count()
        self.events = []  # ids of the events that were acknowledged
        self.stale = []  # what should not have been
        self.sends = {}  # text: (person, node's place, status)
        self.counts = {"opt_in": 0, "opt_out": 0, "check": 0, "send": 0, "nobody knows": 0}
        self.threads = [threading.Thread(target=self._run, args=(nth,)) for nth in range(threads)]

    def start(self):
        for thread in self.threads:
            thread.start()

    def running(self):
        return any(thread.is_alive() for thread in self.threads)

    def stop(self):
        self.over.set()
        self.join()

    def join(self):
        for thread in self.threads:
            thread.join()

    def _run(self, nth):
        draw = random.Random(f"{self.seed}/{nth}")
        lines = [Line(node) for node in self.nodes]
        with contextlib.closing(Closing(lines)):
            while not self.over.is_set() and self._one_more():
                self._act(draw, lines)

    def _one_more(self):
        with self.lock:
            self.left -= 1
            return self.left >= 0

    def _act(self, draw, lines):
        place = draw.randrange(len(lines))
        line, chance = lines[place], draw.random()
        person = self._somebody(draw)
        if person is None or chance < 0.15:
            self._opt_in(line)
        elif chance < 0.28:
            self._opt_out(line, person)
        elif chance < 0.78:
            self._check(line, person)
        else:
            self._send(line, place, person)

    def _somebody(self, draw):
        """Mostly somebody of the last hundred: there things happen at the same time."""
        count = len(self.people)
        if count == 0:
            return None
        return self.people[draw.randrange(max(0, count - 100), count)] if draw.random() < 0.8 else self.people[draw.randrange(count)]

    def _opt_in(self, line):
        person = Person(next(self.fresh))
        event = {"to": f"+{person.phone}", "kind": "opt_in", "scope": {"category": "marketing"}, "evidence": EVIDENCE}
        if self._event(line, "opt_in", event):
            self.people.append(person)

    def _opt_out(self, line, person):
        with self.lock:
            if person.asked_out:
                return
            person.asked_out = True
        event = {"to": f"+{person.phone}", "kind": "opt_out", "scope": {"category": "marketing"}}
        if self._event(line, "opt_out", event):
            person.out = time.time()

    def _event(self, line, name, event):
        answer = line.ask("/api/v1/events", event)
        if answer is None or answer[0] >= 500:
            self._count("nobody knows")
            return False
        status, body = answer
        if status != 201:
            self.stale.append(f"{name} of {event['to']} was answered {status}: {body}")
            return False
        self.events.append(body["id"])
        self._count(name)
        return True

    def _check(self, line, person):
        was_out = person.out is not None
        answer = line.ask("/api/v1/check", {"to": f"+{person.phone}", "category": "marketing"})
        if answer is None or answer[0] != 200:
            return self._count("nobody knows")
        self._count("check")
        allow = answer[1]["allow"]
        if was_out and allow:
            self.stale.append(f"a check of {person.phone} at {line.node.address} allowed after the opt-out was acknowledged")
        if not allow and not person.asked_out:
            self.stale.append(f"a check of {person.phone} at {line.node.address} denied before anybody opted out: {answer[1]}")

    def _send(self, line, place, person):
        was_out, text = person.out is not None, f"text {next(self.texts)}"
        answer = line.ask(f"{bodies.GRAPH}/{line.node.number}/messages", bodies.template(person.phone, "autumn_sale", text))
        status = answer and answer[0]
        self.sends[text] = (person, place, status)
        if status is None or status >= 500:
            return self._count("nobody knows")
        self._count("send")
        if was_out and status == 200:
            self.stale.append(f"a send to {person.phone} at {line.node.address} went after the opt-out was acknowledged")

    def _count(self, name):
        with self.lock:
            self.counts[name] += 1


class Closing:
    """Closes several lines."""

    def __init__(self, lines):
        self.lines = lines

    def close(self):
        for line in self.lines:
            line.close()


def said_in(body):
    """The text that makes each of our messages different; of a confirmation, to whom it goes, since nobody gets two."""
    if "template" not in body:
        return f"confirmation to {body['to']}"
    return body["template"]["components"][0]["parameters"][0]["text"]


def late(arrivals, sends, pauses):
    """Messages whose first byte came after the acknowledgement of an opt-out; apart, those of a node that was suspended at the acknowledgement: the one exception."""
    wrong, excused = [], []
    for came, _, body in arrivals:
        person, place, _ = sends[said_in(body)]
        if person.out is None or came <= person.out + WITNESS_LATE_S:
            continue
        slept = any(node == place and began - WITNESS_LATE_S < person.out and came < ended + AWAKE_S for node, began, ended in pauses)
        (excused if slept else wrong).append(f"{1000 * (came - person.out):.0f} ms after the opt-out of {person.phone} through node {place}")
    return wrong, excused


# The witness stamps a first byte when it reads it, and the caller an acknowledgement when it has read it: on a busy machine each is late.
WITNESS_LATE_S = 0.1
# What was at the very point of writing when it was suspended is written at once when it wakes.
AWAKE_S = 0.5
