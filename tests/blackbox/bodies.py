"""Message bodies and webhooks, as a client and Meta write them."""

import hashlib
import hmac
import itertools
import json
import time

from house import ACCOUNT, APP_SECRET, NUMBER

GRAPH = "/v23.0"
_count = itertools.count(1)


def text(to, body):
    return {"messaging_product": "whatsapp", "recipient_type": "individual", "to": to, "type": "text", "text": {"body": body}}


def template(to, name, *parameters):
    """A template to a phone number; with a dot in `to`, to a business-scoped user id."""
    said = {"name": name, "language": {"code": "en_US"}}
    if parameters:
        said["components"] = [{"type": "body", "parameters": [{"type": "text", "text": value} for value in parameters]}]
    return {"messaging_product": "whatsapp", "to": to, "type": "template", "template": said}


def webhook(phone, words):
    """The bytes of a webhook in which a customer says something, and the headers that sign them."""
    now = str(int(time.time()))
    message = {"from": phone, "id": f"wamid.blackbox-in-{next(_count)}-{now}", "timestamp": now, "type": "text", "text": {"body": words}}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "12025550100", "phone_number_id": NUMBER},
        "contacts": [{"profile": {"name": "Black box"}, "wa_id": phone}],
        "messages": [message],
    }
    entry = {"id": ACCOUNT, "changes": [{"field": "messages", "value": value}]}
    raw = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
    mark = hmac.new(APP_SECRET.encode(), raw, hashlib.sha256).hexdigest()
    return raw, {"X-Hub-Signature-256": f"sha256={mark}"}
