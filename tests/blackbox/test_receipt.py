"""The receipt of a consent: it keeps to the schema in this repository, whatever became of the consent, and it can be proved."""

import copy
import hashlib
import json
import tempfile
from pathlib import Path

from jsonschema import Draft202012Validator, FormatChecker

from people import ADA, ANA_LONG, opt_in, opt_out, says, sent_to
from wire import until, want

SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "consent-receipt-1.json"
# Somebody of whom the sandbox knows nothing yet.
NEW = "447700900177"
WORDING = "Yes, send me offers on WhatsApp. I can stop at any time."


def test_a_receipt_keeps_to_the_schema_in_the_repository_whatever_became_of_the_consent(world):
    house = world.sandbox()
    schema = json.loads(SCHEMA.read_text("utf-8"))
    served = house.api.get("/api/v1/receipts/schema")
    want(served.json() == schema, "the API serves the schema of the repository", served)
    Draft202012Validator.check_schema(schema)
    strict = Draft202012Validator(schema, format_checker=FormatChecker())

    contact = opt_in(house.api, NEW).json()["contact"]
    want_valid(strict, house, contact, ["given"])
    opt_out(house.api, NEW)
    want_valid(strict, house, contact, ["withdrawn"])
    opt_in(house.api, NEW)
    want_valid(strict, house, contact, ["given", "withdrawn"])
    narrow = {"to": f"+{NEW}", "kind": "opt_in", "scope": {"topic": "Weekly offers", "channel": "sms", "number": house.number}}
    answer = house.api.post("/api/v1/events", {**narrow, "evidence": {"source": "web_form", "wording": WORDING, "locale": "en"}})
    want(answer.status == 201, "an opt-in to one topic by one way is taken", answer)
    want_valid(strict, house, contact, ["given", "given", "withdrawn"])
    answer = house.api.post("/api/v1/events", {"kind": "retract", "event": answer.json()["id"]})
    want(answer.status == 201, "an opt-in can be taken back", answer)
    want_valid(strict, house, contact, ["invalidated", "given", "withdrawn"])

    answer = house.api.ask("PUT", "/api/v1/policy", {"expiry": [{"source": "web_form", "days": 1}]})
    want(answer.status == 200, "opt-ins may last a day", answer)
    old = {"to": "+447700900199", "kind": "opt_in", "occurred_at": "2025-01-01T00:00:00Z"}
    answer = house.api.post("/api/v1/events", {**old, "evidence": {"source": "web_form", "wording": WORDING}})
    want_valid(strict, house, answer.json()["contact"], ["expired"])


def test_a_receipt_with_one_member_less_or_more_is_none(world):
    house = world.sandbox()
    strict = Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")), format_checker=FormatChecker())
    contact = opt_in(house.api, ADA).json()["contact"]
    receipt = receipts(house, contact)[0]
    changed = list(variants(receipt))
    want(len(changed) > 60, f"a receipt has many members, and {len(changed)} were changed")
    for what, variant in changed:
        want(not strict.is_valid(variant), f"a receipt {what} does not fit the schema")


def test_a_receipt_leads_to_a_proof_that_anybody_can_check(world):
    house = world.server("sqlite")
    house.start()
    event = opt_in(house.api, ANA_LONG).json()
    receipt = until(lambda: numbered(house, event), "the record has its number")
    want(receipt["wording"]["sha256"] == hashlib.sha256(WORDING.encode()).hexdigest(), "the hash is that of the wording", receipt)
    want(receipt["wording"]["text"] == WORDING, "the wording is there, word for word", receipt)
    evidence = receipt["evidence"]
    want(evidence["proof_url"].startswith(house.api.base), "the proof is had from this server", evidence)
    answer = house.api.get(evidence["proof_url"].removeprefix(house.api.base))
    want(answer.status == 200, "the proof can be had", answer)
    opened = answer.json()
    leaf = hashlib.sha256(b"\0" + bytes.fromhex(opened["leaf"])).hexdigest()
    want(leaf == evidence["leaf_hash"], "the receipt names the leaf of the proof", answer)
    want(opened["index"] == evidence["leaf_index"], "and its place in the log", answer)
    want(evidence["checkpoint_origin"] in opened["proof"].splitlines(), "the checkpoint bears the origin of the receipt", answer)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(answer.body.decode())
        file.flush()
        house.run("verify", file.name, "--key", evidence["log_key"])


def test_whoever_writes_receipt_gets_it_in_the_chat(world):
    house = world.sandbox()
    event = opt_in(house.api, ADA).json()
    says(house, "ada", "RECEIPT")
    told = until(lambda: said_to_ada(house, event["id"]), "the receipt comes in the chat")
    for part in (WORDING, hashlib.sha256(WORDING.encode()).hexdigest(), "reply STOP"):
        want(part in told, f"the receipt says `{part}`", told)


def want_valid(strict, house, contact, states):
    found = receipts(house, contact)
    for receipt in found:
        faults = [f"{'/'.join(map(str, fault.path))}: {fault.message}" for fault in strict.iter_errors(receipt)]
        want(not faults, f"the receipt fits the schema, and: {faults}", json.dumps(receipt, indent=1))
        want("4477009001" not in json.dumps(receipt), "a receipt holds no number", receipt)
    have = [receipt["state"] for receipt in found]
    want(have == states, f"the consents stand as {states}, not {have}", json.dumps(found, indent=1))


def receipts(house, contact):
    answer = house.api.get(f"/api/v1/contacts/{contact}/receipts")
    want(answer.status == 200, "the receipts can be read", answer)
    return answer.json()["items"]


def numbered(house, event):
    found = receipts(house, event["contact"])[0]
    return found if found["evidence"]["leaf_index"] is not None else None


def variants(receipt, path=()):
    """The receipt with one member left out, for each, and with one more in each object."""
    here = receipt
    for step in path:
        here = here[step]
    if isinstance(here, list):
        for index in range(len(here)):
            yield from variants(receipt, (*path, index))
    if not isinstance(here, dict):
        return
    for change in [*here, None]:
        variant = copy.deepcopy(receipt)
        place = variant
        for step in path:
            place = place[step]
        if change is None:
            place["more"] = "not stated"
        else:
            del place[change]
        yield f"with {'/'.join(map(str, path)) or 'its top'} {'without ' + change if change else 'with one more'}", variant
    for name in here:
        yield from variants(receipt, (*path, name))


def said_to_ada(house, record):
    for line in sent_to(house, ADA):
        text = line["message"].get("text", {}).get("body", "")
        if record in text:
            return text
    return None
