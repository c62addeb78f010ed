"""Far more statuses than the server can take: run as a program of its own, so that it disturbs no clock of the tests.

    flood.py ADDRESS SECONDS CONNECTIONS      prints {"accepted": N, "turned_away": N, "statuses": N}
"""

import hashlib
import hmac
import http.client
import itertools
import json
import os
import sys
import threading
import time

from house import ACCOUNT, APP_SECRET, NUMBER

STATUSES_A_BODY = 4_000  # about 700 kB; Meta's bodies end at 3 MB


def main():
    address, seconds, connections = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    end, count, lock = time.monotonic() + seconds, itertools.count(), threading.Lock()
    seen = {200: 0, 503: 0}
    head, tail = body()
    signed = hmac.new(APP_SECRET.encode(), head, hashlib.sha256)

    def pour():
        connection = http.client.HTTPConnection(address, timeout=60)
        while time.monotonic() < end:
            unique = f'"flood-{os.getpid()}-{next(count)}"'.encode() + tail
            mark = signed.copy()
            mark.update(unique)
            connection.request("POST", "/webhooks/whatsapp", head + unique, {"X-Hub-Signature-256": f"sha256={mark.hexdigest()}"})
            answer = connection.getresponse()
            answer.read()
            with lock:
                seen[answer.status] = seen.get(answer.status, 0) + 1

    threads = [threading.Thread(target=pour) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other = {status: n for status, n in seen.items() if status not in (200, 503)}
    print(json.dumps({"accepted": seen[200], "turned_away": seen[503], "statuses": seen[200] * STATUSES_A_BODY, "other": other}))


def body():
    """A body of many statuses, up to the value of one member, and the rest."""
    now = str(int(time.time()))
    statuses = [
        {"id": f"wamid.flood-{n}-{os.getpid()}", "status": "delivered", "timestamp": now, "recipient_id": f"4477009{n % 100_000:05}"}
        for n in range(STATUSES_A_BODY)
    ]
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "12025550100", "phone_number_id": NUMBER},
        "statuses": statuses,
    }
    entry = {"id": ACCOUNT, "changes": [{"field": "messages", "value": value}]}
    raw = json.dumps({"object": "whatsapp_business_account", "entry": [entry], "mark": "MARK"})
    head, tail = raw.split('"MARK"')
    return head.encode(), tail.encode()


if __name__ == "__main__":
    main()
