"""Campaigns on several nodes: one of them drives, another goes on when it dies, also while the database fails over, and together they keep to the pace of the number."""

import bisect
import contextlib
import http.client
import random
import signal
import threading
import time

import bodies
from cluster import say
from house import NUMBER, Server
from test_campaign import Campaign, Witness, opt_in_all, receipts_of
from test_nodes import identity
from traffic import WITNESS_LATE_S
from wire import until, want

PEOPLE = 3_500
FIRST_PHONE = 33500000000
IN_FLIGHT_MAX = 500
TAKEN_OVER_S = 15
USUAL_PER_SECOND = 80
# A send without an answer counts as unknown after twice this.
QUICK = {"CONSENTRY_WHATSAPP__SEND_TIMEOUT_MS": "4000"}
DRIVER = "select encode(holder, 'hex') from lease where name = 'campaigns'"


def test_another_node_goes_on_when_the_one_that_drives_a_campaign_is_killed_or_suspended(world):
    address, meta, nodes = world.nodes(3)
    nodes[0].environment.update(QUICK)
    for node in nodes:
        node.start()
    phones = phones_of(PEOPLE)
    opt_in_all(nodes[0].api, phones)
    slow_down(meta)
    witness, leavers = Witness(meta), Leavers(nodes, random.Random(3).sample(phones, 300))
    campaign = Campaign(nodes[0].api, phones, NUMBER, pace=250)
    campaign.act("start")
    leavers.start()
    until(lambda: len(receipts_of(witness)) > 400, "it is under way")
    driver = driving(nodes, address)
    driver.process.kill()
    died, before = time.monotonic(), len(receipts_of(witness))
    nodes.remove(driver)
    until(lambda: len(receipts_of(witness)) > before + 50, "another node goes on", TAKEN_OVER_S, 0.1)
    print(f"    another node sent {time.monotonic() - died:.1f} s after the death of the one that drove", flush=True)
    campaign = campaign.at(next(node for node in nodes if node is not driving(nodes, address)).api)
    pauses_at_once(campaign, witness)
    leavers.join()
    goes_on_while_it_sleeps(driving(nodes, address), witness)
    done = campaign.until("done")
    accounted(campaign, witness, leavers, done, phones)


def pauses_at_once(campaign, witness):
    asked = time.time()
    campaign.act("pause")
    time.sleep(1.5)
    newest = max(times[-1] for times in receipts_of(witness).values())
    want(newest <= asked + 1, f"the last message began {newest - asked:.2f} s after the pause was asked for at another node")
    campaign.act("resume")


def goes_on_while_it_sleeps(driver, witness):
    """The driver is suspended where it stands, with turns in its hands, and wakes when another one drives."""
    before = len(receipts_of(witness))
    driver.process.child.send_signal(signal.SIGSTOP)
    try:
        until(lambda: len(receipts_of(witness)) > before + 50, "another node goes on", TAKEN_OVER_S, 0.1)
    finally:
        driver.process.child.send_signal(signal.SIGCONT)


def test_a_campaign_goes_on_through_a_fail_over_of_the_database(world):
    primary = world.cluster()
    standby = primary.standby()
    with standby:
        primary.set(synchronous_standby_names="*")
        meta = world.simulator()
        address = f"postgres://consentry@{primary.hosts()},{standby.hosts()}/postgres"
        nodes = [Server(world.tools.binary, world.folder(), address, meta)]
        nodes[0].environment.update(QUICK)
        nodes.append(Server(world.tools.binary, world.folder(), address, meta, beside=nodes[0]))
        for node in nodes:
            node.start()
        phones = phones_of(1_500)
        opt_in_all(nodes[0].api, phones)
        slow_down(meta)
        witness, leavers = Witness(meta), Leavers(nodes, random.Random(4).sample(phones, 300))
        campaign = Campaign(nodes[0].api, phones, NUMBER, pace=120)
        campaign.act("start")
        leavers.start()
        until(lambda: len(receipts_of(witness)) > 300, "it is under way")
        primary.kill()
        before, told = len(receipts_of(witness)), len(leavers.out)
        time.sleep(0.5)
        standby.promote()
        promoted = time.monotonic()
        until(lambda: len(receipts_of(witness)) > before + 50, "it goes on by itself", 45, 0.1)
        print(f"    it sent again {time.monotonic() - promoted:.1f} s after the promotion", flush=True)
        done = campaign.until("done")
        leavers.join()
        want(0 < told < len(leavers.out), f"people left before and after: {told} of {len(leavers.out)}")
        accounted(campaign, witness, leavers, done, phones)
        nodes[0].run("verify")


def test_campaigns_for_one_number_together_keep_to_its_pace(world):
    _, meta, nodes = world.nodes(2)
    for node in nodes:
        node.start()
    phones = phones_of(1_000)
    opt_in_all(nodes[0].api, phones)
    app = App(nodes[1], 30)
    campaigns = [Campaign(node.api, phones[part::2], NUMBER, pace=None) for part, node in enumerate(nodes)]
    for campaign in campaigns:
        campaign.act("start")
    witness = Witness(meta)
    until(lambda: len(receipts_of(witness)) > 400, "they are under way")
    there = receipts_of(witness)
    shares = [sum(phone in there for phone in phones[part::2]) for part in range(2)]
    want(min(shares) > 50, f"both of them get on: {shares}")
    app.start()
    for campaign in campaigns:
        campaign.until("done")
    app.stop()
    times = sorted(came for times in receipts_of(witness).values() for came in times)
    want(len(times) == len(phones) + app.sent, f"everybody got it once: {len(times)} of {len(phones)} and {app.sent}")
    busiest = most_within([came for came in times if came < app.began], 2)
    want(busiest <= 2 * USUAL_PER_SECOND * 1.25, f"never more than the number's pace, a burst aside: {busiest} in 2 s")
    # What others send is counted a second or two later.
    beside = [came for came in times if came >= app.began + 3]
    took = beside[-1] - beside[0]
    print(f"    at most {busiest} in 2 s; beside an app that sent {app.sent} of them {len(beside)} in {took:.1f} s", flush=True)
    want(app.sent > 40 and len(beside) <= took * USUAL_PER_SECOND * 1.15 + 20, f"nor with what an app sends beside them: {len(beside)} in {took:.1f} s")


def phones_of(count):
    return [str(FIRST_PHONE + nth) for nth in range(count)]


def slow_down(meta):
    """Meta takes a while to answer, so that some are always on their way."""
    answer = meta.control.post("/sandbox/faults", {"kind": "slow", "ms": 400, "count": 100_000})
    want(answer.status == 201, "the simulated Meta takes its time", answer)


def driving(nodes, address):
    """The node that drives campaigns now."""
    rows = say(address, DRIVER)
    want(rows, "a node drives campaigns")
    return next(node for node in nodes if identity(node) == rows[0][0])


def most_within(times, seconds):
    """How many of these sorted times lie in the fullest stretch."""
    return max(bisect.bisect_right(times, first + seconds) - nth for nth, first in enumerate(times))


def accounted(campaign, witness, leavers, done, phones):
    """Nobody twice, nobody after their opt-out, and of everybody it is known, or listed that it is not."""
    receipts = receipts_of(witness)
    twice = [phone for phone, times in receipts.items() if len(times) > 1]
    want(not twice, f"nobody got it twice: {twice[:5]}")
    late = [phone for phone, out in leavers.out.items() if any(came > out + WITNESS_LATE_S for came in receipts.get(phone, []))]
    want(len(leavers.out) > 100 and not late, f"none of {len(leavers.out)} got it after their opt-out was acknowledged: {late[:5]}")
    counts, states = done["counts"], campaign.people()
    settled = sum(counts[state] for state in ("accepted", "denied", "failed", "unknown"))
    want(settled == len(phones) == counts["total"] == len(states), "everybody is accounted for", counts)
    unknown = [phone for phone, state in states.items() if state == "unknown"]
    print(f"    {counts['accepted']} accepted, {counts['denied']} refused, {len(unknown)} unknown, {counts['failed']} failed", flush=True)
    want(len(unknown) == counts["unknown"] <= IN_FLIGHT_MAX, "unknown is at most what was under way, and listed by name", counts)
    lost = [phone for phone in receipts if states.get(phone) not in ("accepted", "sent", "delivered", "read", "unknown")]
    want(not lost, f"whoever got it stands as sent or unknown: {lost[:5]}")
    never = [phone for phone, state in states.items() if state == "accepted" and phone not in receipts]
    want(not never, f"and whoever stands as accepted got it: {never[:5]}")


class Leavers:
    """People who opt out at one node after the other while a campaign runs; what is not acknowledged is tried again."""

    def __init__(self, nodes, phones):
        self.nodes, self.phones = nodes, phones
        self.out = {}  # phone: when the opt-out was acknowledged
        self.thread = threading.Thread(target=self._leave, daemon=True)

    def start(self):
        self.thread.start()

    def join(self):
        self.thread.join()

    def _leave(self):
        for nth, phone in enumerate(self.phones):
            event = {"to": f"+{phone}", "kind": "opt_out", "scope": {"category": "marketing"}}
            while phone not in self.out:
                with contextlib.suppress(OSError, http.client.HTTPException):
                    answer = self.nodes[nth % len(self.nodes)].api.post("/api/v1/events", event)
                    if answer.status == 201:
                        self.out[phone] = answer.ended
                nth += 1
                time.sleep(0.02)


class App:
    """A program of the house that sends messages of its own from the same number."""

    def __init__(self, node, per_second):
        self.node, self.wait, self.sent, self.began = node, 1 / per_second, 0, None
        self.over, self.thread = threading.Event(), threading.Thread(target=self._send, daemon=True)
        opt_in_all(self.node.api, [str(FIRST_PHONE + 500_000 + nth) for nth in range(1_000)])

    def start(self):
        self.began = time.time()
        self.thread.start()

    def stop(self):
        self.over.set()
        self.thread.join()

    def _send(self):
        while not self.over.wait(self.wait):
            phone = str(FIRST_PHONE + 500_000 + self.sent)
            body = bodies.template(phone, "autumn_sale", f"own {self.sent}")
            want(self.node.api.post(f"{bodies.GRAPH}/{self.node.number}/messages", body).status == 200, "an app can send")
            self.sent += 1
