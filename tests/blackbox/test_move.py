"""A business moves from SQLite to PostgreSQL: killed in the middle, it goes on, and the ledger is what it was."""

import json
import os
import secrets
import time

import bodies
from cluster import say
from house import Server, postgres_database
from people import check, opt_in, opt_out, refused
from wire import until, want

PEOPLE = 1_200
# One that an app sends, and the confirmation of a STOP.
MESSAGES = 2
KILLS = 4
FIRST_PHONE = 447700900100
STOPPED, HEARD = "447700900101", "447700900102"


def test_a_move_that_is_killed_goes_on_and_is_proved(world):
    old = world.server("sqlite")
    old.start()
    crowd(old)
    source = f"sqlite:{old.folder}/consentry.db"
    with postgres_database(os.environ["CONSENTRY_TEST_DATABASE"]) as target:
        move = ["migrate", "--from", source, "--to", target, "--json"]
        wants(old, move, "another server has")
        old.process.stop()
        before = json.loads(old.run("verify", "--json"))
        want(before["reservations"] == MESSAGES, f"a server that stops leaves no send without a leaf: {before}")
        checkpoints = signed(old)
        kills = killed_in_the_middle(old, move, target)
        want(kills == KILLS, f"it was killed in the middle {KILLS} times, not {kills}")
        wants(old, ["serve"], "is being moved to PostgreSQL")
        new = moved_to(world, old, target)
        wants(new, ["serve"], "not whole yet")
        done = json.loads(old.run(*move))
        want(done["state"] == "moved" and done["rows"] > done["copied"], f"the last run went on where the one before it was: {done}")
        after = json.loads(new.run("verify", "--json"))
        same = ["holds", "log_size", "signed", "checkpoints", "tiles", "events", "contacts", "reservations"]
        want([before[name] for name in same] == [after[name] for name in same], f"what is proved is the same: {before} and {after}")
        want(json.loads(old.run(*move))["state"] == "moved before", "a third run does nothing")
        wants(old, ["serve"], "was moved to PostgreSQL")
        new.start()
        lives_on(new, checkpoints)


def test_a_database_that_holds_something_else_is_not_moved_into(world):
    old, used = world.server("sqlite"), world.server("postgres")
    used.start()
    opt_in(used.api, STOPPED)
    used.process.stop()
    target = used.config.read_text().split('database = "')[1].split('"')[0]
    wants(old, ["migrate", "--from", f"sqlite:{old.folder}/consentry.db", "--to", target], "is not empty")
    wants(old, ["migrate", "--from", target, "--to", target], "no SQLite database")
    wants(old, ["migrate", "--from", "sqlite:nowhere.db", "--to", target], "there is no file")
    old.start()


def crowd(house):
    """Many people through the API, one who wrote STOP, one who was erased, and messages."""
    lines = [event(FIRST_PHONE + nth) for nth in range(PEOPLE)]
    answer = house.api.ask("POST", "/api/v1/events/batch", "\n".join(lines).encode(), {"Content-Type": "application/x-ndjson"})
    results = [json.loads(line)["status"] for line in answer.body.splitlines()]
    want(answer.status == 200 and set(results) == {201} and len(results) == PEOPLE, "everybody is recorded", answer)
    opt_out(house.api, STOPPED)
    raw, signature = bodies.webhook(HEARD, "STOP")
    want(house.api.ask("POST", "/webhooks/whatsapp", raw, signature).status == 200, "a webhook is acknowledged")
    sent = house.api.post(f"{bodies.GRAPH}/{house.number}/messages", bodies.template(str(FIRST_PHONE + 5), "spring_sale"))
    want(sent.status == 200, "a message goes", sent)
    until(lambda: len(house.meta.posts) == MESSAGES, "the stop is confirmed")


def event(phone):
    evidence = {"source": "web_form", "wording": "Yes, “offers”.", "locale": "en"}
    return json.dumps({"to": f"+{phone}", "kind": "opt_in", "scope": {"category": "marketing"}, "evidence": evidence})


def killed_in_the_middle(old, move, target):
    """Kills the command a little further on each time, by what the new database says of it."""
    kills = 0
    for table in ("alias", "event", "log_entry", "message"):
        process = old.begin(*move)
        until(lambda: process.ended() or reached(target) >= table, f"the copy reaches the table `{table}`", 120, 0.005)
        if process.ended():
            return kills
        process.kill()
        kills += 1
    return kills


def reached(target):
    """The table that is being copied."""
    try:
        rows = say(target, "select convert_from(value, 'UTF8') from house where name = 'transfer'")
    except Exception:  # noqa: BLE001: there is no such table yet
        return ""
    note = json.loads(rows[0][0]) if rows else {}
    return "~" if note.get("stage") == "done" else note.get("table", "")


def moved_to(world, old, target):
    """A server on the new database, with the master key of the old one's file."""
    master = (old.folder / "consentry.db.master").read_text().strip()
    old.environment["BLACKBOX_MASTER"] = master
    return Server(old.binary, world.folder(), target, old.meta, beside=old)


def signed(house):
    """The newest checkpoint, as `verify` and others see it."""
    house.start()
    text = house.api.get("/api/v1/ledger/checkpoint").body.decode()
    house.process.stop()
    return text


def lives_on(new, checkpoint):
    """What was refused is refused, the old key opens the door, and the log grows from where it was."""
    for phone in (STOPPED, HEARD):
        want(refused(check(new.api, "marketing", phone), "opted_out_category"), f"+{phone} is refused as before")
    want(check(new.api, "marketing", str(FIRST_PHONE + 7)).json()["allow"], "who agreed may be written to as before")
    origin, size, root, *_ = checkpoint.splitlines()
    opt_out(new.api, str(FIRST_PHONE + 8))
    grown = until(lambda: newer(new, int(size)), "a checkpoint of the longer log is signed")
    want(grown[0] == origin, f"the log keeps its name: {grown[0]}")
    new.run("verify")
    notes = [row[0] for row in say(address(new), "select note from checkpoint where size = %s", int(size))]
    want(notes and notes[0].splitlines()[2] == root, "the checkpoint of before is in the new log, with its root")


def newer(new, size):
    lines = new.api.get("/api/v1/ledger/checkpoint").body.decode().splitlines()
    return lines if int(lines[1]) > size else None


def address(house):
    return house.config.read_text().split('database = "')[1].split('"')[0]


def wants(house, command, word):
    """The command is refused, with a sentence that says why."""
    code, said, trouble = house.try_to(*command)
    want(code in (1, 2) and word in trouble, f"`{' '.join(command[:2])}` is refused with `{word}`, not {code}: {said}{trouble}")
