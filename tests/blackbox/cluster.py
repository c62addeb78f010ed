"""A PostgreSQL of a test's own, which it may set up wrongly, copy, promote and kill."""

import subprocess
import urllib.parse
from pathlib import Path

SCRIPT = Path(__file__).parent.parent.parent / "scripts" / "postgres.sh"
STARTED_S = 120


class Cluster:
    """One cluster in a temporary folder; started when it is entered, removed when it is left."""

    def __init__(self, folder=None):
        self.folder = folder or run("new")
        self.url = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        run("stop", self.folder)

    def start(self):
        self.url = run("start", self.folder)

    def standby(self):
        """A copy that follows this one, not started yet."""
        return Cluster(run("standby", self.folder))

    def promote(self):
        run("promote", self.folder)

    def kill(self):
        run("kill", self.folder)

    def set(self, **settings):
        """Changes settings of the running server; a value of None goes back to the default."""
        for name, value in settings.items():
            say(self.url, f"alter system reset {name}" if value is None else f"alter system set {name} = '{value}'")
        say(self.url, "select pg_reload_conf()")

    def hosts(self):
        """The part of the address that says where it is."""
        return urllib.parse.urlsplit(self.url).netloc.rpartition("@")[2]


def run(*arguments):
    """A verb of the script; what it printed."""
    done = subprocess.run(["bash", SCRIPT, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=STARTED_S)
    if done.returncode != 0:
        raise RuntimeError(f"postgres.sh {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
    return done.stdout.strip()


def say(address, statement, *values):
    """One statement, past the program and with all rights; its rows, where it gives any."""
    import pg8000.dbapi

    parts = urllib.parse.urlsplit(address)
    who = dict(user=urllib.parse.unquote(parts.username or "postgres"), host=parts.hostname, port=parts.port or 5432, timeout=30)
    if parts.password:
        who["password"] = urllib.parse.unquote(parts.password)
    connection = pg8000.dbapi.connect(database=parts.path.lstrip("/") or "postgres", **who)
    try:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()
