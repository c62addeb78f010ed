"""How fast a campaign runs while Meta says three things of each message: run by hand on a quiet machine.

    python bench/campaign.py --binary target/release/consentry [--people 30000] [--numbers 3] [--pace 1000] [--look-only | --memory] [--north-america]

Starts the simulated Meta with several numbers, and `serve` behind it on SQLite. Opts everybody in, refuses a tenth of them again, and sends one campaign to all.
With --memory it restarts `serve` first, sends for a while only, and tells what the campaign took above what was in use before it. Prints one line of JSON. Receipts are counted at the simulated Meta; statuses are counted as the messages that `serve` knows to be read, three for each.
The peer is Meta's own ceiling for one number, 1,000 messages a second (facts page, section 6).
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "blackbox"))

import run  # noqa: E402, F401  (registers itself under the name that the tests import)
from house import NUMBER, Process, Server  # noqa: E402
from people import lines  # noqa: E402
from test_campaign import FIRST_PHONE, opt_in_all  # noqa: E402
from wire import Door, until  # noqa: E402

CEILING = 1_000
# What a process reads in at its start is in memory by then.
SETTLES_S = 15
SENDS_S = 20
# To /proc/PID/clear_refs: the peak begins anew (proc(5)).
FORGET_PEAK = "5"


def main():
    asked = arguments()
    folder = Path(tempfile.mkdtemp(prefix="consentry-bench-"))
    simulator = Simulator(asked.binary.parent / "examples" / "standalone", asked.numbers)
    server = Server(asked.binary, folder, f"sqlite:{folder}/consentry.db", simulator)
    numbers = [str(int(NUMBER) + nth) for nth in range(asked.numbers)]
    text = server.config.read_text().replace(f'numbers = ["{NUMBER}"]', f"numbers = {json.dumps(numbers)}")
    server.config.write_text(text + "\n[campaigns]\napproval_above = 100000000\n")
    server.start()
    simulator.control.post("/sandbox/callback", {"url": f"http://{server.address}/webhooks/whatsapp"})
    simulator.control.ask("PATCH", "/sandbox/settings", {"webhooks": {"concurrency": 8, "batch_max": 200}})
    phones = everybody(asked)
    opt_in_all(server.api, phones)
    refused = set(phones[:: 10])
    refuse_all(server.api, sorted(refused))
    if asked.look_only:
        print(json.dumps({"people": asked.people} | looks(server, numbers, phones, asked.pace) | {"memory_mb": memory(server.process.child.pid)}))
        return Process.forget_all()
    if asked.memory:
        print(json.dumps({"people": asked.people} | remembers(server, numbers, asked.pace)))
        return Process.forget_all()
    campaign, made = make(server, numbers, asked.pace, listed(phones))
    looked, preflight_s = look(server, campaign)
    server.api.post(f"{campaign}/start")
    until(lambda: server.api.get(campaign).json()["drawn_at"], "the audience is drawn", 600)
    began = time.time()
    count = asked.people - len(refused)
    until(lambda: server.api.get(campaign).json()["counts"]["read"] >= count, "everybody read it", 3_600, every=0.5)
    took = time.time() - began
    report(server, simulator, refused, {"people": asked.people, "in": looked["in"], "preflight_s": round(preflight_s, 3), "made_s": made, "took_s": round(took, 2)})
    Process.forget_all()


def everybody(asked):
    """Numbers of one country, or of those that share `1`: these cost more to tell apart."""
    if not asked.north_america:
        return [str(FIRST_PHONE + nth) for nth in range(asked.people)]
    areas = ["212", "310", "416", "604", "787", "809", "876", "242"]
    return [f"1{areas[nth % len(areas)]}{200 + nth // 8 % 800}{nth // 6_400:04}" for nth in range(asked.people)]


def listed(phones):
    return {"numbers": [f"+{phone}" for phone in phones]}


def look(server, campaign):
    """The answer of a pre-flight, and the shortest time of three."""
    times = []
    for _ in range(3):
        began = time.time()
        answer = server.api.post(f"{campaign}/preflight")
        times.append(time.time() - began)
    return answer.json(), round(min(times), 3)


def remembers(server, numbers, pace):
    """Memory in MB before a campaign to a segment, and its peak while that is looked at, drawn and sent for a while."""
    server.process.stop()
    server.start()
    time.sleep(SETTLES_S)
    pid = server.process.child.pid
    Path(f"/proc/{pid}/clear_refs").write_text(FORGET_PEAK)
    before = memory(pid)
    campaign, _ = make(server, numbers, pace, {"segment": opted_in(server)})
    looked, preflight_s = look(server, campaign)
    looked_mb = memory(pid)
    server.api.post(f"{campaign}/start")
    until(lambda: server.api.get(campaign).json()["drawn_at"], "the audience is drawn", 3_600, every=0.5)
    drawn_mb = memory(pid)
    time.sleep(SENDS_S)
    server.api.post(f"{campaign}/pause")
    figures = {"in": looked["in"], "preflight_s": preflight_s, "sent": server.api.get(campaign).json()["counts"]["accepted"]}
    return figures | {"before_mb": before, "looked_mb": looked_mb, "drawn_mb": drawn_mb, "peak_mb": memory(pid)}


def opted_in(server):
    """A segment of whoever opted in; its id."""
    condition = {"consent": {"is": "opted_in"}}
    return server.api.post("/api/v1/segments", {"name": "Bench", "condition": condition}).json()["id"]


def looks(server, numbers, phones, pace):
    """A pre-flight of a list, of a segment, and of either with quiet hours."""
    figures = {}
    for name, audience in {"list": listed(phones), "segment": {"segment": opted_in(server)}}.items():
        for kind, more in {"": {}, "_quiet": {"quiet_hours": {"from": "21:00", "to": "08:00"}}}.items():
            campaign, made = make(server, numbers, pace, audience, more)
            answer, took = look(server, campaign)
            figures[name + kind] = {"in": answer["in"], "out": answer["out"], "preflight_s": took, "made_s": made}
    return figures


def make(server, numbers, pace, audience, more=None):
    began = time.time()
    body = {
        "name": "Bench", "numbers": numbers, "basis": "consent", "flight_recorder": "off", "flight_recorder_reason": "a measurement", "pace": pace,
        "template": {"name": "autumn_sale", "language": "en_US"}, "variables": {"body": ["friend"]}, "audience": audience,
    } | (more or {})
    answer = server.api.post("/api/v1/campaigns", body)
    if answer.status != 201:
        sys.exit(str(answer))
    return f"/api/v1/campaigns/{answer.json()['id']}", round(time.time() - began, 2)


def report(server, simulator, refused, figures):
    came, times = {}, []
    for line in lines(simulator, "/sandbox/sent"):
        if line["edge"] == "messages" and line.get("body"):
            phone = json.loads(line["body"])["to"].lstrip("+")
            came[phone] = came.get(phone, 0) + 1
            times.append(line["first_byte"]["unix_ns"] / 1e9)
    seconds = max(times) - min(times)
    figures |= {
        "receipts": len(times),
        "duplicates": sum(count - 1 for count in came.values()),
        "to_refused": len(refused & set(came)),
        "sends_per_s": round(len(times) / seconds),
        "statuses_per_s": round(3 * len(times) / figures["took_s"]),
        "ratio_to_ceiling": round(len(times) / seconds / CEILING, 2),
        "memory_mb": memory(server.process.child.pid),
    }
    print(json.dumps(figures))


def memory(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1024
    return None


def refuse_all(api, phones):
    for start in range(0, len(phones), 10_000):
        events = ({"to": f"+{phone}", "kind": "opt_out", "scope": {"category": "marketing"}} for phone in phones[start : start + 10_000])
        raw = "\n".join(json.dumps(event) for event in events).encode()
        api.ask("POST", "/api/v1/events/batch", raw, {"Content-Type": "application/x-ndjson"})


class Simulator:
    """The simulated Meta, without delays, with several numbers."""

    def __init__(self, program, numbers):
        self.process = Process(program, ["127.0.0.1:0", "-", "fast", "blackbox", str(numbers)])
        ready = json.loads(self.process.line())
        self.base = ready["base_url"]
        self.control = Door(self.base, ready["control_token"])


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--numbers", type=int, default=3)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--look-only", action="store_true", help="ends after the pre-flight")
    mode.add_argument("--memory", action="store_true", help="what a campaign takes above what was in use before it")
    parser.add_argument("--north-america", action="store_true", help="numbers of countries that share a calling code")
    parser.add_argument("--pace", type=int, default=CEILING)
    asked = parser.parse_args()
    asked.binary = asked.binary.resolve()
    return asked


main()
