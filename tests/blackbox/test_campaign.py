"""Campaigns against the real binary: who leaves while one runs gets nothing any more, and a power cut sends nobody anything twice."""

import collections
import copy
import json
import os
import random
import threading
import time

from house import NUMBER, Server
from people import lines
from traffic import EVIDENCE, WITNESS_LATE_S
from wire import until, want

PEOPLE, LEAVERS, LEAVERS_BY_PHONE = 10_000, 1_000, 50
FIRST_PHONE = 33600000000
# A whole run takes an hour: CONSENTRY_KILLS=200 CONSENTRY_KILL_PEOPLE=100000.
KILLS = int(os.environ.get("CONSENTRY_KILLS", "12"))
KILL_PEOPLE = int(os.environ.get("CONSENTRY_KILL_PEOPLE", "2000"))
IN_FLIGHT_MAX = 500
RUNS_S = 3_600
STOP_S = 60  # behind the statuses of everybody else, on a busy machine


def test_a_thousand_of_ten_thousand_leave_while_a_campaign_runs(world):
    house = world.sandbox()
    phones = [str(FIRST_PHONE + nth) for nth in range(PEOPLE)]
    opt_in_all(house.api, phones)
    # As Meta does it: many statuses in one body, and several bodies at one time.
    settings = house.control.ask("PATCH", "/sandbox/settings", {"webhooks": {"concurrency": 8, "batch_max": 50}})
    want(settings.status == 200, "the simulated Meta takes the settings", settings)
    campaign = Campaign(house.api, phones, house.number, pace=250)
    look = campaign.act("preflight")
    want((look["total"], look["in"], look["out"]) == (PEOPLE, PEOPLE, 0), "everybody is in before it begins", look)
    leavers = Leavers(house, random.Random(7).sample(phones, LEAVERS))
    campaign.act("start")
    leavers.leave()
    done = campaign.until("done")
    house.control.get("/sandbox/idle", timeout_ms=20_000)
    receipts = receipts_of(house)
    twice = [phone for phone, times in receipts.items() if len(times) > 1]
    want(not twice, f"nobody got it twice: {twice[:5]}")
    late = [phone for phone, out in leavers.out.items() if any(came > out + WITNESS_LATE_S for came in receipts.get(phone, []))]
    want(not late, f"nobody got it after their opt-out was acknowledged: {late[:5]}")
    agree(campaign, receipts, leavers, done)


def agree(campaign, receipts, leavers, done):
    """The report, the receipts and the ledger say the same of every single person."""
    report = campaign.get("/report")
    reached = set(receipts)
    spared = set(leavers.out) - reached
    counts = report["counts"]
    want(counts["accepted"] == len(reached), f"as many were accepted as there are receipts ({len(reached)})", counts)
    want(report["denied"] == {"opted_out_category": len(spared)}, f"and as many refused as left before their turn ({len(spared)})", report["denied"])
    want(counts["total"] == PEOPLE == len(reached) + len(spared), "nobody is missing", counts)
    want(report["opted_out"] == len(leavers.out) - len(spared), "who left after their message is counted as that", report["opted_out"])
    states = campaign.people()
    wrong = [phone for phone, state in states.items() if (state == "denied") != (phone in spared)]
    want(len(states) == PEOPLE and not wrong, f"and so it is person by person: {wrong[:5]}")
    want(done["counts"]["unknown"] == 0 and done["counts"]["waiting"] == 0, "of everybody it is known what became", done)
    listed = opted_out(campaign.api)
    want(listed >= set(leavers.out), "the ledger's standings have every opt-out")


def test_power_cuts_in_the_middle_of_a_campaign_send_nobody_anything_twice(world):
    simulator, folder = world.simulator(), world.folder()
    settings = '[campaigns]\napproval_above = 1000000\n'
    server = Server(world.tools.binary, folder, f"sqlite:{folder}/consentry.db", simulator)
    server.config.write_text(server.config.read_text() + settings)
    server.start()
    phones = [str(FIRST_PHONE + nth) for nth in range(KILL_PEOPLE)]
    opt_in_all(server.api, phones)
    campaign = Campaign(server.api, phones, NUMBER, pace=min(1_000, max(200, KILL_PEOPLE // 20)))
    campaign.act("start")
    draw = random.Random(11)
    for _ in range(KILLS):
        time.sleep(draw.uniform(0.05, 0.6))
        server.process.kill()
        server.start()
    done = campaign.until("done")
    receipts = receipts_of(Witness(simulator))
    twice = [phone for phone, times in receipts.items() if len(times) > 1]
    want(not twice, f"nobody got it twice: {twice[:5]}")
    counts = done["counts"]
    print(f"    killed {KILLS} times, {len(receipts)} receipts of {KILL_PEOPLE} people, {counts['unknown']} unknown", flush=True)
    want(counts["unknown"] <= IN_FLIGHT_MAX * KILLS, f"unknown is at most what was under way at {KILLS} power cuts", counts)
    settled = counts["accepted"] + counts["unknown"] + counts["failed"]
    want(settled == KILL_PEOPLE == counts["total"], "everybody is accounted for", counts)
    states = campaign.people()
    lost = [phone for phone in receipts if states.get(phone) not in ("accepted", "sent", "delivered", "read", "unknown")]
    want(not lost, f"whoever got it stands as sent or unknown: {lost[:5]}")
    never = [phone for phone, state in states.items() if state == "accepted" and phone not in receipts]
    want(not never, f"and whoever stands as accepted got it: {never[:5]}")
    server.process.stop()
    server.run("verify")


def test_a_pause_takes_effect_within_a_second(world):
    house = world.sandbox()
    phones = [str(FIRST_PHONE + nth) for nth in range(3_000)]
    opt_in_all(house.api, phones)
    campaign = Campaign(house.api, phones, house.number, pace=400)
    campaign.act("start")
    until(lambda: len(receipts_of(house)) > 200, "it is under way")
    asked = time.time()
    campaign.act("pause")
    time.sleep(1.5)
    newest = max(times[-1] for times in receipts_of(house).values())
    want(newest <= asked + 1, f"the last message began {newest - asked:.2f} s after the pause was asked for")
    count = len(receipts_of(house))
    campaign.act("resume")
    until(lambda: len(receipts_of(house)) > count + 100, "it goes on")
    campaign.act("cancel")
    shown = campaign.get("")
    want(shown["state"] == "cancelled" and shown["counts"]["waiting"] == 0, "a cancel ends it for everybody", shown)


class Campaign:
    """One campaign, at the API."""

    def __init__(self, api, phones, number, pace):
        self.api = api
        body = {
            "name": "Autumn", "number": number, "basis": "consent", "flight_recorder": "off", "pace": pace,
            "flight_recorder_reason": "a test of the gate",
            "template": {"name": "autumn_sale", "language": "en_US"}, "variables": {"body": ["{{name|friend}}"]},
            "audience": {"numbers": [f"+{phone}" for phone in phones]},
        }
        answer = api.post("/api/v1/campaigns", body)
        want(answer.status == 201, "the campaign is made", answer)
        self.path = f"/api/v1/campaigns/{answer.json()['id']}"

    def at(self, api):
        """The same campaign, at another node."""
        there = copy.copy(self)
        there.api = api
        return there

    def act(self, verb):
        answer = self.api.post(f"{self.path}/{verb}")
        want(answer.status == 200, f"the campaign takes `{verb}`", answer)
        return answer.json()

    def get(self, rest, **query):
        answer = self.api.get(f"{self.path}{rest}", **query)
        want(answer.status == 200, f"`{rest}` of the campaign is shown", answer)
        return answer.json()

    def until(self, state):
        def there():
            shown = self.get("")
            return shown if shown["state"] == state else None

        return until(there, f"the campaign is {state}", RUNS_S, every=0.25)

    def people(self):
        """The state of everybody, by telephone number, as the file of it says."""
        answer = self.api.get(f"{self.path}/recipients.csv")
        want(answer.status == 200, "the file of everybody is given out", answer)
        rows = [line.split(",") for line in answer.body.decode().splitlines()]
        address, state = rows[0].index("address"), rows[0].index("state")
        return {row[address].lstrip("'+"): row[state] for row in rows[1:]}


class Leavers:
    """People who opt out while the campaign runs: some by the API, some by writing STOP."""

    def __init__(self, house, phones):
        self.house, self.phones = house, phones
        self.out = {}  # phone: when the opt-out was acknowledged
        self.writers = phones[:LEAVERS_BY_PHONE]
        self.customers = {}
        for phone in self.writers:
            answer = house.control.post("/sandbox/customers", {"name": "Leaver", "phone": f"+{phone}"})
            want(answer.status < 300, "the simulated customer is made", answer)
            self.customers[phone] = answer.json()["id"]

    def leave(self):
        others = self.phones[LEAVERS_BY_PHONE:]
        threads = [threading.Thread(target=self._tell, args=(others[part::4],)) for part in range(4)]
        threads.append(threading.Thread(target=self._write))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        want(len(self.out) == len(self.phones), f"all {len(self.phones)} opt-outs were acknowledged, not {len(self.out)}")

    def _tell(self, phones):
        for phone in phones:
            event = {"to": f"+{phone}", "kind": "opt_out", "scope": {"category": "marketing"}}
            answer = self.house.api.post("/api/v1/events", event)
            if answer.status == 201:
                self.out[phone] = answer.ended
            time.sleep(0.03)

    def _write(self):
        for phone in self.writers:
            answer = self.house.control.post(f"/sandbox/customers/{self.customers[phone]}/say", {"text": "STOP"})
            want(answer.status < 300, "the simulated customer can write", answer)
            check = {"to": f"+{phone}", "category": "marketing"}
            until(lambda: self.house.api.post("/api/v1/check", check).json()["code"] == "opted_out_category", "STOP is in force", STOP_S)
            self.out[phone] = time.time()


class Witness:
    """A simulator as `lines` wants it."""

    def __init__(self, simulator):
        self.control = simulator.control


def receipts_of(house):
    """When the first byte of each template message came, by telephone number."""
    found = collections.defaultdict(list)
    for line in lines(house, "/sandbox/sent"):
        if line["edge"] in ("messages", "marketing_messages") and line.get("body"):
            body = json.loads(line["body"])
            if body.get("type") == "template":
                found[str(body.get("to", "")).lstrip("+")].append(line["first_byte"]["unix_ns"] / 1e9)
    return found


def opt_in_all(api, phones):
    for start in range(0, len(phones), 5_000):
        events = [
            {"to": f"+{phone}", "kind": "opt_in", "scope": {"category": "marketing"}, "evidence": EVIDENCE}
            for phone in phones[start : start + 5_000]
        ]
        raw = "\n".join(json.dumps(event) for event in events).encode()
        answer = api.ask("POST", "/api/v1/events/batch", raw, {"Content-Type": "application/x-ndjson"})
        want(answer.status == 200, "the opt-ins are recorded", answer)
        want(answer.body.count(b'"status":201') == len(events), "each of them", answer)


def opted_out(api):
    """The numbers of everybody who opted out, as the list shows them."""
    found, cursor = set(), None
    while True:
        answer = api.get("/api/v1/contacts", consent="opted_out", limit=500, **({"cursor": cursor} if cursor else {}))
        want(answer.status == 200, "the contacts are listed", answer)
        page = answer.json()
        for contact in page["items"]:
            found |= {part.lstrip("+") for part in json.dumps(contact).split('"') if part.startswith("+")}
        cursor = page["next"]
        if not cursor:
            return found
