"""HTTP as the tests speak it: one request, one answer that can be shown whole when a test fails."""

import http.client
import json
import time
import urllib.parse

TIMEOUT_S = 30
SHOWN_MAX = 4_000


class Answer:
    """What came back, with what was asked and when."""

    def __init__(self, asked, status, headers, body, began, ended):
        self.asked, self.status, self.headers, self.body = asked, status, headers, body
        self.began, self.ended = began, ended

    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            raise Failure("the answer is not JSON", self) from None

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def __str__(self):
        head = "\n".join(f"{key}: {value}" for key, value in self.headers)
        text = self.body.decode("utf-8", "replace")
        return f"{self.asked}\n\n--> HTTP {self.status} after {1000 * (self.ended - self.began):.0f} ms\n{head}\n\n{text}"[:SHOWN_MAX]


class Failure(AssertionError):
    """A rule that does not hold, with the requests and answers that show it."""

    def __init__(self, sentence, *shown):
        super().__init__("\n\n".join([sentence, *(str(one) for one in shown)]))


def want(holds, sentence, *shown):
    """Fails with a sentence and the answers unless the rule holds."""
    if not holds:
        raise Failure(f"wanted: {sentence}", *shown)


class Door:
    """A base address and the token that it is asked with."""

    def __init__(self, base, token=None):
        self.base, self.token = base.rstrip("/"), token

    def get(self, path, **query):
        return self.ask("GET", path, query=query)

    def post(self, path, body=None, **query):
        return self.ask("POST", path, body, query=query)

    def ask(self, method, path, body=None, headers=None, query=None):
        """Sends a request on a connection of its own. Bytes go as they are, anything else as JSON."""
        if query:
            path = f"{path}?{urllib.parse.urlencode(query)}"
        sent = {"Accept": "application/json", **({"Authorization": f"Bearer {self.token}"} if self.token else {})}
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        if raw is not None:
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        shown = (raw or b"").decode("utf-8", "replace")
        asked = f"{method} {self.base}{path}\n{shown}".strip()
        address = urllib.parse.urlsplit(self.base)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=TIMEOUT_S)
        began = time.time()
        try:
            connection.request(method, address.path + path, raw, sent)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        return Answer(asked, response.status, response.getheaders(), content, began, time.time())


def until(check, sentence, seconds=10.0, every=0.02):
    """Waits for something that happens on its own; returns what `check` returned when it was not false."""
    end = time.monotonic() + seconds
    while True:
        seen = check()
        if seen:
            return seen
        if time.monotonic() > end:
            raise Failure(f"wanted within {seconds:g} s: {sentence}")
        time.sleep(every)
