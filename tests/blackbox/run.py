"""Runs the black-box tests against the real binary.

    run.py --binary target/debug/consentry [--node NODE --modules NODE_MODULES] [--only WORD] [--files PATTERN] [--skipped FILE]

Without a node, clients in JavaScript are left out. What the binary cannot do yet is written to FILE, a reason a line. A test is a function `test_<sentence>(world)` in a file `test_*.py`. The last line is `blackbox: N passed, N failed`.
"""

import argparse
import contextlib
import importlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
# The tests import this module by its name, and it must be this very one.
sys.modules.setdefault("run", sys.modules[__name__])

from cluster import Cluster  # noqa: E402
from clients import IN_JAVASCRIPT, IN_PYTHON  # noqa: E402
from house import Process, Sandbox, Server, postgres_database  # noqa: E402
from meta import Meta  # noqa: E402
from simulator import Simulator  # noqa: E402
from wire import Failure  # noqa: E402

LOGS_SHOWN = 2
# Commands that the binary does not have yet. One that is listed and exists, or is missing and not listed, fails the run.
UNBUILT = set()


class World:
    """What a test may start; all of it ends with the test."""

    def __init__(self, tools, rest):
        self.tools, self._rest = tools, rest

    def sandbox(self, folder=None):
        return Sandbox(self.tools.binary, folder or self.folder())

    def server(self, database, folder=None):
        """`serve` on `sqlite` or `postgres`, not started yet."""
        meta = Meta()
        self._rest.callback(meta.close)
        folder = folder or self.folder()
        if database == "sqlite":
            address = f"sqlite:{folder}/consentry.db"
        else:
            address = self._rest.enter_context(postgres_database(os.environ["CONSENTRY_TEST_DATABASE"]))
        return Server(self.tools.binary, folder, address, meta)

    def nodes(self, count, database=None, settings=""):
        """Several `serve` on one PostgreSQL, not started yet, with the simulator behind them."""
        meta = self.simulator()
        if database is None:
            database = self._rest.enter_context(postgres_database(os.environ["CONSENTRY_TEST_DATABASE"]))
        nodes = [Server(self.tools.binary, self.folder(), database, meta, settings=settings)]
        while len(nodes) < count:
            nodes.append(Server(self.tools.binary, self.folder(), database, meta, beside=nodes[0], settings=settings))
        return database, meta, nodes

    def simulator(self):
        """Meta's side alone, in a process of its own."""
        return Simulator(self.tools.binary.parent / "examples" / "standalone")

    def cluster(self):
        """A PostgreSQL of its own, started."""
        return self._rest.enter_context(Cluster())

    def client(self, kind, house):
        client = kind(self.tools, house.api.base, house.key, house.number)
        self._rest.callback(client.close)
        return client

    def folder(self):
        return self._rest.enter_context(tempfile.TemporaryDirectory(prefix="consentry-blackbox-"))


def main():
    tools = arguments()
    unbuilt = missing_commands(tools.binary)
    if tools.skipped:
        tools.skipped.write_text("".join(f"{reason}\n" for reason in unbuilt))
    if not os.environ.get("CONSENTRY_TEST_DATABASE"):
        sys.exit("error: CONSENTRY_TEST_DATABASE is not set: want the address of a PostgreSQL that may be filled")
    passed, failed = [], []
    for name, test in collect(tools) if not UNBUILT else []:
        (passed if run(name, test, tools) else failed).append(name)
    for name in failed:
        print(f"failed: {name}")
    print(f"blackbox: {len(passed)} passed, {len(failed)} failed")
    sys.exit(1 if failed or not (passed or UNBUILT) else 0)


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--node")
    parser.add_argument("--modules")
    parser.add_argument("--only", default="")
    parser.add_argument("--files", default="")
    parser.add_argument("--skipped", type=Path)
    tools = parser.parse_args()
    tools.binary = tools.binary.resolve()
    if tools.node:
        # A client looks its packages up from here, wherever it was started.
        tools.node, tools.modules = shutil.which(tools.node), str(Path(tools.modules).resolve())
    return tools


def missing_commands(binary):
    """Tells what the binary cannot do yet, and fails where `UNBUILT` says otherwise."""
    wanted = {"sandbox", "serve", "verify", "migrate", "keys"}
    known = {command for command in wanted if has(binary, command)}
    if (wanted - known) != UNBUILT:
        sys.exit(f"error: the binary lacks {sorted(wanted - known)}, and UNBUILT in tests/blackbox/run.py says {sorted(UNBUILT)}")
    return [f"black-box tests: `consentry {command}` is not built yet" for command in sorted(UNBUILT)]


def has(binary, command):
    asked = subprocess.run([binary, command, "--help"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return asked.returncode == 0 and command in asked.stdout


def collect(tools):
    """Every test, those for each client once a client, those for each database once a database."""
    clients = {**IN_PYTHON, **(IN_JAVASCRIPT if tools.node else {})}
    for file in sorted(HERE.glob("test_*.py")):
        if not re.search(tools.files, file.stem):
            continue
        module = importlib.import_module(file.stem)
        for name, test in vars(module).items():
            if not name.startswith("test_"):
                continue
            said = name.removeprefix("test_").replace("_", " ")
            variants = getattr(test, "variants", None)
            choices = {None: [None], "client": list(clients), "database": ["sqlite", "postgres"]}[variants]
            for choice in choices:
                label = said if choice is None else f"{said} [{getattr(choice, 'name', choice)}]"
                if tools.only in label:
                    yield label, test if choice is None else lambda world, t=test, c=choice: t(world, c)


def for_each(variants):
    """Marks a test that takes a `client` or a `database` beside the world, and runs once for each."""

    def mark(test):
        test.variants = variants
        return test

    return mark


def run(name, test, tools):
    began = time.monotonic()
    trouble = None
    with contextlib.ExitStack() as rest:
        try:
            test(World(tools, rest))
        except Exception as error:  # noqa: BLE001: whatever goes wrong in a test is its failure
            trouble = told(error) + "".join(f"\n\n--- end of the log of `{' '.join(p.command)}`\n{p.tail()}" for p in Process.started[-LOGS_SHOWN:])
        finally:
            Process.forget_all()
    print(f"{'FAILED' if trouble else 'ok'}  {name}  ({time.monotonic() - began:.1f} s)", flush=True)
    if trouble:
        print(f"\n{trouble}\n", flush=True)
    return trouble is None


def told(error):
    """A rule that does not hold, with the lines of the tests that found out; for anything else the whole trace."""
    if not isinstance(error, Failure):
        return "".join(traceback.format_exception(error))
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).name.startswith("test_")]
    return "\n".join([*(f"{Path(frame.filename).name}:{frame.lineno}: {frame.line}" for frame in ours), "", str(error)])


if __name__ == "__main__":
    main()
