"""A full disk: nothing is acknowledged that is not on it, and the server goes on by itself when there is room again."""

import contextlib
import os
import signal
import subprocess
from pathlib import Path

import bodies
from test_crash import in_force
from wire import until, want

DISK_MB = 24
FIRST_PHONE = 447700920000
REFUSED_IN_A_ROW = 5


def test_on_a_full_disk_nothing_is_acknowledged_that_is_not_on_it(world):
    with small_disk(world) as folder:
        server = world.server("sqlite", folder)
        server.start()
        room = folder / "filler"
        with room.open("wb", buffering=0) as filler, contextlib.suppress(OSError):
            while filler.write(b"\0" * 4_096):
                pass
        acknowledged, refused, phone = [], 0, FIRST_PHONE
        # What the database has allocated already may still take some.
        while refused < REFUSED_IN_A_ROW:
            answer = says_stop(server, phone)
            want(answer.status in (200, 503), "a body is taken, or Meta is told to ask again", answer)
            if answer.status == 200:
                acknowledged.append(str(phone))
                refused = 0
            else:
                refused += 1
            phone += 1
            want(phone < FIRST_PHONE + 5_000, "the disk is full at last")
        send = server.api.ask("POST", f"{bodies.GRAPH}/109900000000001/messages", bodies.text(str(FIRST_PHONE), "hello"))
        want(send.status in (400, 503), "a send that cannot be reserved is refused", send)
        in_force(server, acknowledged)
        room.unlink()
        until(lambda: says_stop(server, phone).status == 200, "with room again, bodies are taken without a restart", 20, 0.2)
        acknowledged.append(str(phone))
        in_force(server, acknowledged)
        server.process.kill()
        server.start()
        in_force(server, acknowledged)
        server.run("verify")
        server.process.stop(signal.SIGTERM)


def says_stop(server, phone):
    raw, signature = bodies.webhook(str(phone), "STOP")
    return server.api.ask("POST", "/webhooks/whatsapp", raw, signature)


@contextlib.contextmanager
def small_disk(world):
    """A file system of its own, which needs a user who may mount one."""
    folder = Path(world.folder())
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "consentry-test", str(folder)]
    done = subprocess.run(mount if os.geteuid() == 0 else ["sudo", "-n", *mount], capture_output=True, text=True)
    want(done.returncode == 0, f"a small file system can be mounted: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        umount = ["umount", "--lazy", str(folder)]
        subprocess.run(umount if os.geteuid() == 0 else ["sudo", "-n", *umount], check=False)
