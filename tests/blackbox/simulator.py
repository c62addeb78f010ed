"""The simulator of Meta in a process of its own: an independent witness of when each first byte came."""

import json

from house import Process
from people import lines
from wire import Door


class Simulator:
    """`standalone`, with the secrets that the configuration of a server names."""

    def __init__(self, program):
        self.process = Process(program, ["127.0.0.1:0", "-", "fast", "blackbox"])
        ready = json.loads(self.process.line())
        self.base = ready["base_url"]
        self.control = Door(self.base, ready["control_token"])

    def arrivals(self):
        """Every message that came: when its first byte did, in seconds, to whom, and its parsed body."""
        for line in lines(self, "/sandbox/sent"):
            if line["edge"] in ("messages", "marketing_messages") and line.get("body"):
                body = json.loads(line["body"])
                yield line["first_byte"]["unix_ns"] / 1e9, str(body.get("to", "")).lstrip("+"), body
