"""Starts the real binary: the sandbox, or a server with a configuration of its own."""

import contextlib
import json
import os
import queue
import secrets
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path

from cluster import say
from wire import Door, Failure, until

READY_S = 60
STOP_S = 15
LOG_LINES_SHOWN = 60
ACCOUNT, NUMBER = "209900000000001", "109900000000001"
APP_SECRET, VERIFY_TOKEN, META_TOKEN = "blackbox-app-secret", "blackbox-verify", "blackbox-meta-token"


class Process:
    """One run of the binary; its log is kept for the report of a failure."""

    started = []  # all of this test, newest last

    def __init__(self, binary, arguments, environment=None):
        self.command = [str(binary), *arguments]
        self.log = tempfile.NamedTemporaryFile(prefix="consentry-log-", delete=False)
        self.child = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.log,
            env={**os.environ, "RUST_BACKTRACE": "1", **(environment or {})},
        )
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        Process.started.append(self)

    def _read(self):
        for line in self.child.stdout:
            self.lines.put(line.decode("utf-8", "replace").rstrip("\n"))
        self.lines.put(None)

    def line(self):
        """The next line on standard output."""
        try:
            line = self.lines.get(timeout=READY_S)
        except queue.Empty:
            raise Failure(f"`{' '.join(self.command)}` said nothing for {READY_S} s") from None
        if line is None:
            raise Failure(f"`{' '.join(self.command)}` ended before it was ready (exit {self.child.wait()})")
        return line

    def ended(self):
        return self.child.poll() is not None

    def kill(self):
        """As a power cut would end it."""
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()

    def stop(self, how=signal.SIGTERM):
        """As an operator would end it; returns the exit code."""
        if not self.ended():
            self.child.send_signal(how)
        try:
            return self.child.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure(f"`{' '.join(self.command)}` did not stop within {STOP_S} s of {how.name}") from None

    def tail(self):
        lines = Path(self.log.name).read_text("utf-8", "replace").splitlines()
        return "\n".join(lines[-LOG_LINES_SHOWN:])

    @classmethod
    def forget_all(cls):
        """Ends what is still running and drops the logs."""
        for process in cls.started:
            if not process.ended():
                process.kill()
            process.log.close()
            os.unlink(process.log.name)
        cls.started.clear()


class Sandbox:
    """`consentry sandbox`: everything in one process, with simulated phones."""

    def __init__(self, binary, folder):
        self.arguments = ["sandbox", "--listen", "127.0.0.1:0", "--sandbox-listen", "127.0.0.1:0"]
        self.arguments += ["--data", str(folder), "--json"]
        self.process = Process(binary, self.arguments)
        self.ready = json.loads(self.process.line())
        self.number, self.account = self.ready["numbers"][0], self.ready["accounts"][0]
        self.key = self.ready["api_key"]
        self.api = Door(self.ready["gateway"], self.key)
        self.control = Door(self.ready["sandbox"], self.ready["control_token"])


class Server:
    """`consentry serve` on a database, with Meta's side behind it. As `beside` another it is one more node of that one."""

    number, account = NUMBER, ACCOUNT

    def __init__(self, binary, folder, database, meta, beside=None, settings=""):
        self.binary, self.folder, self.meta = binary, Path(folder), meta
        self.environment = beside.environment if beside else {
            "BLACKBOX_APP_SECRET": APP_SECRET,
            "BLACKBOX_VERIFY_TOKEN": VERIFY_TOKEN,
            "BLACKBOX_META_TOKEN": META_TOKEN,
            "BLACKBOX_MASTER": secrets.token_hex(32),
        }
        self.address = f"127.0.0.1:{free_port()}"
        self.config = self.folder / f"consentry-{self.address}.toml"
        self.config.write_text(settings + configuration(self.address, database, meta.base))
        self.process = None
        if beside:
            self.key = beside.key
        else:
            self.run("migrate")
            self.key = json.loads(self.run("keys", "create", "--name", "blackbox", "--role", "admin", "--json"))["key"]
        self.api = Door(f"http://{self.address}", self.key)

    def run(self, *arguments):
        """A command beside the server, or before it; its standard output, once it has succeeded."""
        code, said, trouble = self.try_to(*arguments)
        if code != 0:
            raise Failure(f"`consentry {' '.join(arguments)}` ended with {code}:\n{said}\n{trouble}".strip())
        return said

    def try_to(self, *arguments):
        """The same whatever comes of it: exit code, standard output, standard error."""
        command = [str(self.binary), *arguments, "--config", str(self.config)]
        done = subprocess.run(
            command, env={**os.environ, **self.environment}, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=600
        )
        return done.returncode, done.stdout, done.stderr

    def begin(self, *arguments):
        """A command that may be killed in the middle."""
        return Process(self.binary, [*arguments, "--config", str(self.config)], self.environment)

    def start(self):
        self.process = Process(self.binary, ["serve", "--config", str(self.config)], self.environment)
        until(self._is_ready, "GET /readyz answers 200", READY_S)

    def _is_ready(self):
        if self.process.ended():
            raise Failure(f"`consentry serve` ended with {self.process.child.returncode} before it was ready")
        with contextlib.suppress(OSError):
            return self.api.get("/readyz").status == 200
        return False


def configuration(address, database, graph_url):
    """A configuration as the documentation describes it."""
    master = '[keys]\nmaster = "env:BLACKBOX_MASTER"\n' if database.startswith("postgres") else ""
    return f"""\
listen = "{address}"
database = "{database}"
[whatsapp]
graph_url = "{graph_url}"
app_secrets = ["env:BLACKBOX_APP_SECRET"]
verify_token = "env:BLACKBOX_VERIFY_TOKEN"
access_token = "env:BLACKBOX_META_TOKEN"
[[whatsapp.accounts]]
id = "{ACCOUNT}"
numbers = ["{NUMBER}"]
[gateway]
auth = "key"
{master}"""


@contextlib.contextmanager
def postgres_database(address):
    """A database of its own in the server at an address; gone afterwards."""
    name = f"consentry_blackbox_{secrets.token_hex(6)}"
    say(address, f"create database {name}")
    try:
        yield urllib.parse.urlunsplit(urllib.parse.urlsplit(address)._replace(path=f"/{name}"))
    finally:
        say(address, f"drop database {name} with (force)")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pause(seconds):
    """For what must *not* happen: the time in which it would have been seen."""
    time.sleep(seconds)
