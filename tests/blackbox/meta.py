"""A stand-in for Meta behind `consentry serve`: it knows two templates, accepts every message and notes when each came."""

import json
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from house import ACCOUNT, NUMBER

TEMPLATES = [
    {"id": "509900000000011", "name": "spring_sale", "language": "en_US", "status": "APPROVED", "category": "MARKETING"},
    {"id": "509900000000012", "name": "order_update", "language": "en_US", "status": "APPROVED", "category": "UTILITY"},
]
BODY = [{"type": "BODY", "text": "Hello."}]


class Meta:
    """Listens on a loopback port until closed."""

    def __init__(self):
        self.posts = []  # (arrival in seconds, body)
        self.answer_after_s = 0.0
        meta = self

        class Handler(Answers):
            of = meta

        self.server = Listener(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def sent_to(self, phone):
        return [body for _, body in list(self.posts) if body.get("to", "").lstrip("+") == phone]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Listener(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """Says nothing of a caller that went away: some tests kill them. What else goes wrong is told."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = re.sub(r"^/v[\d.]+", "", self.path.split("?")[0])
        if path == f"/{ACCOUNT}/message_templates":
            self.answer(200, {"data": [{**template, "components": BODY} for template in TEMPLATES]})
        elif path == f"/{NUMBER}":
            self.answer(200, {"id": NUMBER, "display_phone_number": "+1 202-555-0100", "verified_name": "Black box"})
        else:
            self.answer(404, {"error": {"message": "(#100) no such thing here", "type": "GraphMethodException", "code": 100}})

    def do_POST(self):
        arrived = time.time()
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not self.path.split("?")[0].endswith("messages"):
            return self.answer(200, {"success": True})
        body = json.loads(raw)
        self.of.posts.append((arrived, body))
        time.sleep(self.of.answer_after_s)
        to = body.get("to") or body.get("recipient")
        count = len(self.of.posts)
        contact = {"input": to, "wa_id": str(to).lstrip("+")}
        self.answer(200, {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": f"wamid.blackbox{count}"}]})

    def answer(self, status, body):
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_):
        """Says nothing: the report of a failure shows the server's log."""
