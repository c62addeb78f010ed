"""Text messages that Twilio hands on, signed as Twilio's own library signs them."""

import secrets
import urllib.parse

import bodies
from people import check, opt_in, refused, send, want_accepted, want_refused
from run import for_each
from twilio.request_validator import RequestValidator
from wire import Door, want

TOKEN = "blackbox-twilio-token"
SHOP = "+442079460000"
PATH = "/webhooks/sms"
EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
FORM = "application/x-www-form-urlencoded; charset=UTF-8"


@for_each("database")
def test_stop_by_sms_ends_whatsapp_marketing(world, database):
    server = listening(world, database)
    phone = "447700900123"
    opt_in(server.api, phone)
    want_accepted(send(server, bodies.template(phone, "spring_sale")))
    want_taken(hand_on(server, message(phone, "STOP")))
    want_refused(send(server, bodies.template(phone, "spring_sale")))
    want(len(server.meta.sent_to(phone)) == 1, "Meta saw the first message and no other")
    server.process.stop()
    server.run("verify")


def test_only_what_twilio_signed_counts(world):
    server = listening(world, "sqlite")
    phone = "447700900123"
    opt_in(server.api, phone)
    stop = message(phone, "STOP")
    good = signature(server, stop)
    for changed in [{**stop, "Body": "stop"}, {**stop, "From": "+447700900124"}, {**stop, "More": ""}]:
        want_forbidden(post(server, changed, good))
    want_forbidden(post(server, stop, good, query="?from=twilio"))
    want_forbidden(post(server, stop, RequestValidator("another token").compute_signature(url(server), stop)))
    want_forbidden(post(server, stop, None))
    want(check(server.api, "marketing", phone).json()["allow"], "nothing was changed")
    want_taken(post(server, stop, good))
    want(refused(check(server.api, "marketing", phone), "opted_out_category"), "the same, signed, is a refusal")


def test_whatever_is_in_a_message_the_signature_of_twilios_library_fits(world):
    server = listening(world, "sqlite")
    words = ["", "+ & = % # ?", "pare já 🛑\r\n", "a" * 1_600, " stop it ", "\N{ZERO WIDTH SPACE}", "%2B+%20"]
    for text in words:
        want_taken(hand_on(server, {**message("447700900123", text), "FromCity": "", "é ü": "ñ", "Z": "1", "a": "2"}))
    text, query = message("447700900123", "hello"), "?a=b%20c&d="
    want_taken(post(server, text, RequestValidator(TOKEN).compute_signature(url(server) + query, text), query))


def test_an_old_message_that_comes_again_changes_nothing(world):
    server = listening(world, "sqlite")
    phone = "447700900123"
    opt_in(server.api, phone)
    start = message(phone, "START")
    for text in [message(phone, "STOP"), start, message(phone, "STOP"), start]:
        want_taken(hand_on(server, text))
    by_sms = server.api.post("/api/v1/check", {"to": f"+{phone}", "category": "marketing", "channel": "sms"})
    want(refused(by_sms, "opted_out_category"), "the last word stands", by_sms)


def listening(world, database):
    """A server that knows Twilio's token, started."""
    server = world.server(database)
    server.environment |= {"CONSENTRY_SMS__AUTH_TOKENS": '["an old token", "env:BLACKBOX_TWILIO_TOKEN"]', "BLACKBOX_TWILIO_TOKEN": TOKEN}
    server.start()
    return server


def message(phone, text):
    sid = f"SM{secrets.token_hex(16)}"
    ends = {"From": f"+{phone}", "To": SHOP, "Body": text, "NumMedia": "0"}
    return {"MessageSid": sid, "SmsSid": sid, "SmsStatus": "received", "AccountSid": f"AC{'0' * 32}", **ends}


def url(server):
    return f"http://{server.address}{PATH}"


def signature(server, parameters):
    return RequestValidator(TOKEN).compute_signature(url(server), parameters)


def hand_on(server, parameters):
    return post(server, parameters, signature(server, parameters))


def post(server, parameters, signed, query=""):
    headers = {"Content-Type": FORM, **({"X-Twilio-Signature": signed} if signed else {})}
    return Door(server.api.base).ask("POST", PATH + query, urllib.parse.urlencode(parameters).encode(), headers)


def want_taken(answer):
    want(answer.status == 200, "what Twilio signed is taken in", answer)
    want(answer.header("Content-Type") == "text/xml" and answer.body.decode() == EMPTY, "the answer is empty TwiML", answer)


def want_forbidden(answer):
    want(answer.status == 403 and answer.body == b"forbidden\n", "what Twilio did not sign is refused and learns nothing", answer)
