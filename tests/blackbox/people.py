"""What the people in a story do: customers at the simulated Meta, and the business at our own API."""

import json

import bodies
from wire import Failure, until, want

ADA, ADA_BSUID = "447700900123", "GB.70012345678901234567"
ANA_LONG, ANA_SHORT = "5551998765432", "555198765432"
ORDER = ("order_update", "A-1042")


def opt_in(api, phone, category="marketing"):
    """A person ticks the box of a web form."""
    evidence = {"source": "web_form", "wording": "Yes, send me offers on WhatsApp. I can stop at any time."}
    event = {"to": f"+{phone}", "kind": "opt_in", "scope": {"category": category}, "evidence": evidence}
    answer = api.post("/api/v1/events", event)
    want(answer.status == 201 and answer.json().get("in_force"), "the opt-in is recorded and in force", answer)
    return answer


def opt_out(api, phone, category="marketing"):
    """Staff records what a person said elsewhere; returned when it is acknowledged."""
    answer = api.post("/api/v1/events", {"to": f"+{phone}", "kind": "opt_out", "scope": {"category": category}})
    want(answer.status == 201, "the opt-out is recorded", answer)
    return answer


def check(api, category, to=None, recipient=None):
    who = {"recipient": recipient} if recipient else {"to": f"+{to}" if to.isdigit() else to}
    answer = api.post("/api/v1/check", {**who, "category": category})
    want(answer.status == 200, "the check is answered", answer)
    return answer


def says(house, customer, words):
    """A customer writes on their phone."""
    answer = house.control.post(f"/sandbox/customers/{customer}/say", {"text": words})
    want(answer.status < 300, "the simulated customer can write", answer)


def says_stop(house, customer, phone):
    """A customer writes STOP, and we wait until the server has heard it."""
    says(house, customer, "STOP")
    until(lambda: refused(check(house.api, "marketing", phone), "opted_out_category"), "STOP is in force")


def refused(answer, code):
    verdict = answer.json()
    return verdict["allow"] is False and verdict["code"] == code


def acknowledged(house, words):
    """When the server answered 200 to the webhook in which a customer said something, by the simulated Meta's clock."""

    def delivered():
        for line in lines(house, "/sandbox/webhooks"):
            if line["status"] == 200 and f'"{words}"' in line["body"]:
                # Whole milliseconds, rounded down: one more is surely past the answer.
                return line["at"]["unix_ns"] / 1e9 + (line["took_ms"] + 1) / 1e3
        return None

    return until(delivered, f"the webhook with `{words}` is acknowledged")


def sent_to(house, *addresses):
    """The message POSTs that reached the simulated Meta for a person, oldest first, each with its parsed `message`."""
    found = []
    for line in lines(house, "/sandbox/sent"):
        if line["edge"] in ("messages", "marketing_messages") and line.get("body"):
            message = json.loads(line["body"])
            if {str(message.get("to", "")).lstrip("+"), message.get("recipient")} & set(addresses):
                found.append({**line, "message": message})
    return found


def templates_to(house, *addresses):
    """The same without what is said in the conversation, such as the confirmation of a STOP, which comes when it comes."""
    return [line for line in sent_to(house, *addresses) if line["message"]["type"] == "template"]


def lines(house, log):
    """A whole log of the simulated Meta, page by page."""
    after = {}
    while True:
        answer = house.control.get(log, limit=5_000, **after)
        want(answer.status == 200, "the log can be read", answer)
        page = answer.json()
        want(page["forgotten"] == 0, "the log has forgotten nothing", page["forgotten"])
        yield from page["items"]
        if not page["items"]:
            return
        after = {"after": page["items"][-1]["seq"]}


def send(house, body, number=None):
    return house.api.post(f"{bodies.GRAPH}/{number or house.number}/messages", body)


def want_accepted(answer):
    want(answer.status == 200, "the message is accepted", answer)
    want(answer.json()["messages"][0]["id"].startswith("wamid."), "the answer has Meta's message id", answer)


def want_refused(answer, code=131050, reasons=("opted_out_category",)):
    """A refusal as Meta would write it, and as only we do."""
    want(answer.status == 400, "the refusal is HTTP 400", answer)
    error = answer.json().get("error", {})
    want(error.get("code") == code, f"the error code is {code}", answer)
    want(str(error.get("fbtrace_id", "")).startswith("consentry-"), "fbtrace_id begins with consentry-", answer)
    want(error.get("error_data", {}).get("details"), "error_data.details says why in words", answer)
    verdict = answer.header("X-Consentry-Verdict")
    if verdict not in [f"deny; code={reason}" for reason in reasons]:
        raise Failure(f"wanted: X-Consentry-Verdict is `deny; code={' or '.join(reasons)}`, not `{verdict}`", answer)
