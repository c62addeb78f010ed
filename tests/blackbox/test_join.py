"""Joining, from the code on a poster and from a form, to the receipt in the chat."""

import base64
import html.parser
import urllib.parse

from people import check, refused, says
from wire import Door, until, want

BEN = "447700900188"
FORM = "/join/welcome"


def test_who_scans_the_poster_joins_answers_the_question_and_gets_a_receipt(world):
    house = world.sandbox()
    link = house.api.get("/api/v1/forms/welcome/links").json()["items"][0]
    picture = Door(house.api.base).get(urllib.parse.urlsplit(link["qr_png"]).path)
    want(picture.status == 200 and picture.header("content-type") == "image/png", "the poster has its picture", link)
    acts(house, "scan", {"png_base64": base64.b64encode(picture.body).decode()})
    until(lambda: refused(marketing(house), "consent_pending"), "a question waits for its answer")
    asked = until(lambda: from_us(house, 1), "the question is in the chat")[0]
    want("Offers and news from our garden shop" in asked["body"], f"the question says what comes: {asked}")
    want("at most once a week" in asked["body"], f"the question says how often: {asked}")
    acts(house, "tap", {"button": asked["buttons"][0]["text"]})
    until(lambda: marketing(house).json()["allow"], "the yes is in force")

    agreed = next(item for item in timeline(house) if item["kind"] == "opt_in")
    wording = house.api.get(f"/api/v1/wordings/{agreed['evidence']['wording_sha256']}")
    want(wording.json()["text"].startswith(asked["body"]), "the wording that they saw is found by its hash", wording)
    want(wording.json()["locale"] == "en" and agreed["evidence"]["page"] == link["name"], "with its language and place", wording)

    until(lambda: from_us(house, 2), "the yes is confirmed")
    says(house, "ben", "RECEIPT")
    receipt = until(lambda: from_us(house, 3), "the receipt is in the chat")[-1]
    want(agreed["evidence"]["wording_sha256"][:12] in receipt["body"], f"the receipt names the wording: {receipt}")
    want(any(item["id"] in receipt["body"] for item in timeline(house) if item["kind"] == "opt_in"), f"and the record: {receipt}")


def test_a_typed_number_is_asked_in_the_language_of_the_page_and_an_edited_form_leaves_old_consents_alone(world):
    house = world.sandbox()
    page = Page(house, "ar")
    answer = page.send(number=f"+{BEN}", tick=page.ticks[0])
    want(answer.status == 200 and b"wa.me" in answer.body, "the next step is shown", answer)
    want(refused(marketing(house), "consent_pending"), "a form alone opts nobody in")
    asked = until(lambda: from_us(house, 1), "the question comes to the number")[0]
    acts(house, "tap", {"button": asked["buttons"][0]["text"]})
    until(lambda: marketing(house).json()["allow"], "the yes is in force")
    requested = next(item for item in timeline(house) if item["kind"] == "opt_in_requested")
    shown = wording_of(house, requested)
    want(shown["locale"] == "ar" and shown["version"] == 1, f"the page's own words, in their language: {shown}")
    want(requested["evidence"]["ip"] == "127.0.0.1" and FORM in requested["evidence"]["page"], "with the place and the address", requested)

    body = house.api.get("/api/v1/forms/welcome").json()
    texts = body["texts"]
    texts["ar"]["frequency"] = "كل يوم"
    kept = {name: body[name] for name in ("topics", "question_template")}
    answer = house.api.ask("PUT", "/api/v1/forms/welcome", {**kept, "texts": texts})
    want(answer.status == 200 and answer.json()["version"] == 2, "an edited form is a new version", answer)
    want(wording_of(house, requested) == shown, "what was agreed to keeps its words")
    want("كل يوم" in Page(house, "ar").text, "the page has the new ones")


def test_a_form_sent_again_by_a_machine_or_from_elsewhere_changes_nothing(world):
    house = world.sandbox()
    page = Page(house, "en")
    good = {"number": f"+{BEN}", "tick": page.ticks[0]}
    trapped = page.send(**good, website="https://spam.example")
    forged = page.send(**{**good, "ticket": page.hidden["ticket"][:-3] + "AAA"})
    foreign = page.send(headers={"Origin": "https://evil.example"}, **good)
    want(trapped.body == forged.body == foreign.body, "bad input of every kind gets one page", trapped, forged, foreign)
    want(refused(marketing(house), "no_consent"), "nothing was changed")
    page.send(**good)
    until(lambda: refused(marketing(house), "consent_pending"), "a good form is taken")
    before = events(house)
    until(lambda: from_us(house, 1), "its question is in the chat, and goes there only once")
    again = page.send(**good)
    want(again.status == 200, "a second click is not told off", again)
    want(events(house) == before, f"a replayed form changes nothing: {before}, {events(house)}")
    want(len(from_us(house)) == 1, "nor does it ask again")
    other = page.send(**{**good, "number": "+447700900166"})
    want(other.status == 200, "nor does it with another number", other)
    answer = house.api.get("/api/v1/contacts", search="+447700900166")
    want(answer.json()["items"] == [], "the other number stays unknown", answer)


class Page(html.parser.HTMLParser):
    """A form as a browser without script has it."""

    def __init__(self, house, language):
        super().__init__()
        self.door = Door(house.api.base)
        self.path = f"{FORM}?lang={language}"
        self.hidden, self.ticks, self.text, self.action = {}, [], "", self.path
        answer = self.door.get(self.path)
        want(answer.status == 200, "the form opens", answer)
        self.text = answer.body.decode()
        self.feed(self.text)

    def handle_starttag(self, tag, attributes):
        of = dict(attributes)
        if tag == "form":
            self.action = of["action"]
        if tag == "input" and of.get("type") == "hidden":
            self.hidden[of["name"]] = of["value"]
        if tag == "input" and of.get("type") == "checkbox":
            want("checked" not in of, "no box is ticked beforehand")
            self.ticks.append(of["value"])

    def send(self, headers=None, **fields):
        body = urllib.parse.urlencode({**self.hidden, **fields}).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return self.door.ask("POST", self.action, body, kind)


def acts(house, action, arguments):
    answer = house.control.post(f"/sandbox/customers/ben/{action}", arguments)
    want(answer.status < 300, f"the simulated customer can {action}", answer)


def from_us(house, least=0):
    """What stands on Ben's phone from the business; nothing while that is less than asked for."""
    items = house.control.get("/sandbox/phones/ben/messages").json()["items"]
    ours = [item for item in items if item["from"] == "business"]
    return ours if len(ours) >= least else []


def marketing(house):
    return check(house.api, "marketing", BEN)


def timeline(house):
    contact = house.api.get("/api/v1/contacts", search=f"+{BEN}").json()["items"][0]["id"]
    return house.api.get(f"/api/v1/contacts/{contact}/timeline").json()["items"]


def events(house):
    """What was recorded of Ben. Messages to him come into his timeline in their own time."""
    return [item["id"] for item in timeline(house) if item["kind"] != "message"]


def wording_of(house, item):
    return house.api.get(f"/api/v1/wordings/{item['evidence']['wording_sha256']}").json()
