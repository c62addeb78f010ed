"""Several nodes on one PostgreSQL, disturbed in every way: no stale yes, no late message, no fork, no event lost.

CONSENTRY_SOAK=full makes them as large as they were meant to be: 100,000 operations, and the sequencer killed 100 times."""

import collections
import json
import os
import random
import re
import signal
import time
from pathlib import Path

from cluster import say
from traffic import Traffic, late, said_in
from wire import until, want

FULL = os.environ.get("CONSENTRY_SOAK") == "full"
OPERATIONS = 100_000 if FULL else 3_000
KILLS = 100 if FULL else 8
NODES = 3
PAUSE_S = (0.05, 1.5)
CUT = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'consentry' order by random() limit 2"
LEADER = "select encode(holder, 'hex'), epoch from lease where name = 'sequencer'"


def test_three_nodes_give_no_stale_yes(world):
    address, meta, nodes = world.nodes(NODES)
    for node in nodes:
        node.start()
    traffic = Traffic(nodes, OPERATIONS)
    began = time.monotonic()
    traffic.start()
    pauses, cuts = disturb(traffic, nodes, address)
    traffic.join()
    took = time.monotonic() - began
    print(f"    {traffic.counts} in {took:.0f} s, {len(pauses)} pauses, {cuts} connections cut", flush=True)
    want(not traffic.stale, f"every answer is right: {traffic.stale[:5]}")
    arrivals = list(meta.arrivals())
    wrong, excused = late(arrivals, traffic.sends, pauses)
    print(f"    {len(arrivals)} messages arrived, {len(excused)} of them from a node that was suspended at its first byte", flush=True)
    want(not wrong, f"no message starts after the acknowledgement of an opt-out: {wrong[:5]}")
    once(arrivals)
    want(traffic.counts["opt_out"] > OPERATIONS / 50 and len(arrivals) > OPERATIONS / 50, "much of everything really happened")
    whole_ledger(nodes[0], address, traffic.events)


def test_a_sequencer_that_is_killed_forks_nothing_and_loses_nothing(world):
    address, _, nodes = world.nodes(NODES)
    for node in nodes:
        node.start()
    traffic = Traffic(nodes, 10_000_000, threads=4, seed=4)
    traffic.start()
    seen, epochs = collections.defaultdict(set), []
    try:
        for _ in range(KILLS):
            leader, epoch = until(lambda: leading(nodes, address, epochs), "another node numbers", 30)
            epochs.append(epoch)
            until(lambda: grew(address), "the log grows", 30)
            note_checkpoints(nodes, seen)
            leader.process.kill()
            leader.start()
    finally:
        traffic.stop()
    print(f"    killed {KILLS} times, {traffic.counts}, epochs {epochs[0]} to {epochs[-1]}", flush=True)
    want(not traffic.stale, f"every answer is right: {traffic.stale[:5]}")
    want(epochs == sorted(set(epochs)), f"each sequencer has a later epoch than the one before: {epochs}")
    note_checkpoints(nodes, seen)
    forks = {size: roots for size, roots in seen.items() if len(roots) > 1}
    want(len(seen) >= KILLS and not forks, f"of one size there is one root in {len(seen)} checkpoints: {forks}")
    whole_ledger(nodes[0], address, traffic.events)
    kept = {int(size): note.splitlines()[2] for size, note in say(address, "select size, note from checkpoint")}
    strange = [size for size, roots in seen.items() if kept.get(size) not in roots]
    want(not strange, f"every checkpoint that a node showed is in the log: {strange[:5]}")
    head = say(address, "select epoch from log_head")[0][0]
    want(head >= epochs[-1], f"the head bears the epoch of its last sequencer: {head}, {epochs[-1]}")


def disturb(traffic, nodes, address):
    """Suspends nodes and cuts connections for as long as the traffic goes on."""
    draw, pauses, cuts = random.Random(5), [], 0
    while traffic.running():
        time.sleep(draw.uniform(0.1, 0.8))
        if draw.random() < 0.5:
            place = draw.randrange(len(nodes))
            child = nodes[place].process.child
            child.send_signal(signal.SIGSTOP)
            began = time.time()
            time.sleep(draw.uniform(*PAUSE_S))
            child.send_signal(signal.SIGCONT)
            pauses.append((place, began, time.time()))
        else:
            cuts += len(say(address, CUT))
    return pauses, cuts


def once(arrivals):
    """Nobody asked again, so nothing may come twice."""
    counts = collections.Counter(said_in(body) for _, _, body in arrivals)
    twice = [text for text, count in counts.items() if count > 1]
    want(not twice, f"each message comes once: {twice[:5]}")


def leading(nodes, address, epochs):
    """The node that numbers now, if it is another one than the last time."""
    rows = say(address, LEADER)
    if not rows or (epochs and rows[0][1] <= epochs[-1]):
        return None
    for node in nodes:
        if identity(node) == rows[0][0]:
            return node, rows[0][1]
    return None


def identity(node):
    """Under which id a node takes part: its log says so at the start."""
    found = re.findall(r"node[^0-9a-f]{1,12}([0-9a-f-]{36})", Path(node.process.log.name).read_text("utf-8", "replace"))
    return found[-1].replace("-", "") if found else None


def grew(address):
    """Something is numbered while we look."""
    before = say(address, "select size from log_head")[0][0]
    time.sleep(0.1)
    return say(address, "select size from log_head")[0][0] > before


def note_checkpoints(nodes, seen):
    for node in nodes:
        answer = node.api.get("/api/v1/ledger/checkpoint")
        if answer.status == 200:
            lines = answer.body.decode().splitlines()
            seen[int(lines[1])].add(lines[2])


def whole_ledger(node, address, acknowledged):
    """Every acknowledged event has one number, the numbers have no gap, and the whole can be proved."""
    until(lambda: say(address, "select count(*) from log_pending")[0][0] == 0, "everything is numbered", 60)
    entries = say(address, "select log_index, encode(event_id, 'hex') from log_entry order by log_index")
    want([index for index, _ in entries] == list(range(len(entries))), "the numbers have no gap")
    there = {event for _, event in entries}
    want(len(there) == len(entries), "each event is there once")
    lost = [event for event in acknowledged if event.replace("-", "") not in there]
    want(acknowledged and not lost, f"each of {len(acknowledged)} acknowledged events is in the log; lost: {lost[:5]}")
    report = json.loads(node.run("verify", "--json"))
    want(report["holds"], f"the log can be proved: {report}")
    print(f"    the log has {len(entries)} entries and {report['checkpoints']} checkpoints", flush=True)
