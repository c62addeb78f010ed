"""E-mail: a form's question, its answer, the receipt, and the button of mail programs, read as mail programs read them."""

import email
import email.message
import email.policy
import html
import re
import urllib.parse

from people import opt_in
from sink import Sink
from wire import Door, until, want

ANA, PHONE = "ana@example.org", "447700900123"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ONE_CLICK = b"List-Unsubscribe=One-Click"


def test_the_headers_of_a_link_unsubscribe_with_one_click_from_a_mail_of_ones_own(world):
    server = world.server("sqlite")
    server.start()
    contact = opt_in(server.api, PHONE).json()["contact"]
    evidence = {"source": "customer_account", "note": "order 4711"}
    linked = server.api.post(f"/api/v1/contacts/{contact}/aliases", {"alias": ANA, "evidence": evidence})
    want(linked.status == 201, "the address is linked", linked)
    made = server.api.post(f"/api/v1/contacts/{contact}/preference_link", {"to": ANA})
    want(made.status == 201, "a link is made", made)
    letter = email.message.EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "shop@example.com", ANA, "Frühlingsangebote"
    for name, value in made.json()["headers"].items():
        letter[name] = value
    letter.set_content("Tulips!\n")
    read = email.message_from_bytes(letter.as_bytes(), policy=email.policy.default)
    url = one_click_url(read)
    want(allows(server, ANA), "the link alone changes nothing")
    posted(server, url)
    want(not allows(server, ANA), "one click ends marketing by e-mail")
    want(not allows(server, PHONE, "whatsapp"), "and, as policy spreads refusals, in WhatsApp")
    server.run("verify")


def test_a_typed_address_is_asked_answers_gets_a_receipt_and_leaves_with_one_click(world):
    sink = Sink()
    try:
        server = world.server("sqlite")
        text = server.config.read_text()
        mail = f'[email]\nsmtp = "{sink.url}"\nfrom = "Example Shöp <hello@example.com>"\n'
        server.config.write_text(text + mail + '[pages]\nname = "Example Shöp"\nwhatsapp = "+442079460000"\n')
        server.start()
        joins(server)
        question = until(lambda: sink.letters(ANA), "the question arrives")[0]
        confirm = link(question, server, "/join/confirm/")
        is_well_formed(question)
        want(question["List-Unsubscribe"] is None, "nobody is on a list yet")
        changed = confirm[:-1] + ("A" if confirm[-1] != "A" else "B")
        for address in (confirm, changed):
            seen = Door(address).get("")
            want(seen.status == (200 if address == confirm else 404), f"{address} opens or not", seen)
        refused = Door(changed).ask("POST", "", b"answer=yes", FORM)
        want(refused.status == 404, "a changed token is a page that says nothing", refused)
        want(not allows(server, ANA), "nothing was agreed to yet")
        agreed = Door(confirm).ask("POST", "", b"answer=yes", FORM)
        want(agreed.status == 200, "the button records the yes", agreed)
        want(allows(server, ANA), "the yes is in force")
        receipt = until(lambda: sink.letters(ANA)[1:], "the receipt arrives")[0]
        is_well_formed(receipt)
        url = one_click_url(receipt)
        looked = Door(url).get("")
        want(looked.status == 303 and allows(server, ANA), "GET changes nothing", looked)
        posted(server, url)
        want(not allows(server, ANA), "one click ends it")
        server.run("verify")
    finally:
        sink.close()


def joins(server):
    """Fills in the form in Arabic, as a browser without script does."""
    words = {"title": "العروض", "kind": "عروض متجر الحديقة", "frequency": "مرة في الأسبوع على الأكثر"}
    made = server.api.post("/api/v1/forms", {"slug": "spring", "ask_email": True, "texts": {"ar": words}})
    want(made.status == 201, "the form is made", made)
    door = Door(server.api.base)
    page = door.get("/join/spring", lang="ar")
    want(page.status == 200, "the form is shown", page)
    text = page.body.decode()
    fields = {"ticket": re.search(r'name="ticket" value="([^"]+)"', text)[1], "website": ""}
    fields["tick"] = html.unescape(re.search(r'name="tick" value="([^"]+)"', text)[1])
    fields |= {"number": f"+{PHONE}", "email": ANA}
    action = html.unescape(re.search(r'<form class="join"[^>]* action="([^"]+)"', text)[1])
    path = urllib.parse.urlsplit(action)
    sent = door.ask("POST", f"{path.path}?{path.query}", urllib.parse.urlencode(fields).encode(), FORM)
    want(sent.status == 200, "the form is taken", sent)


def allows(server, to, channel="email"):
    body = {"to": f"+{to}" if to.isdigit() else to, "category": "marketing", "channel": channel}
    return server.api.post("/api/v1/check", body).json()["allow"]


def link(letter, server, begin):
    """The address in our house that a letter leads to."""
    text = letter.get_body(("plain",)).get_content()
    found = re.search(re.escape(server.api.base + begin) + r"\S+", text)
    want(found, f"the letter leads to {begin}: {text}")
    return found[0]


def one_click_url(letter):
    """The address at which a mail program unsubscribes, as RFC 8058 has it."""
    want(letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click", "the letter offers one click")
    found = re.fullmatch(r"<(https?://[^<>\s,]+)>", letter["List-Unsubscribe"])
    want(found, f"one address stands between the brackets: {letter['List-Unsubscribe']!r}")
    return found[1]


def posted(server, url):
    """What a mail program sends for its user."""
    parts = urllib.parse.urlsplit(url)
    ours = urllib.parse.urlsplit(server.api.base)
    want((parts.scheme, parts.netloc) == (ours.scheme, ours.netloc), f"{url} is ours")
    done = Door(url).ask("POST", "", ONE_CLICK, FORM)
    want(done.status == 200, "the POST of a mail program is taken", done)


def is_well_formed(letter):
    """What every letter of ours has."""
    want(not letter.defects, f"the letter has no defects: {letter.defects}")
    for name, header in letter.items():
        want(not getattr(header, "defects", ()), f"{name} has no defects: {header!r}")
    want(letter["From"].addresses[0].display_name == "Example Shöp", f"{letter['From']} is the sender")
    want("Example Shöp" in letter["Subject"], f"{letter['Subject']} names the business")
    want(letter["Message-ID"].strip("<>").endswith("@example.com"), f"{letter['Message-ID']} is ours")
    want(letter["Auto-Submitted"] == "auto-generated", "no holiday notice answers it")
    want(letter["Content-Language"] == "ar", f"it is in the language of the form: {letter['Content-Language']}")
    text = letter.get_body(("plain",)).get_content()
    want("عروض متجر الحديقة" in text, f"it quotes what was shown: {text}")
