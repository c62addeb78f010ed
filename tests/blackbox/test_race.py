"""Opt-outs while many connections send marketing: from the acknowledgement on, nothing to that person starts."""

import http.client
import threading
import time

import bodies
from people import acknowledged, opt_in, opt_out, says, send, templates_to
from wire import want

PEOPLE = 12
SENDERS = 6
BEFORE_S, AFTER_S = 0.25, 0.25
FIRST_PHONE = 447700900500
# The witness stamps a first byte when it reads it; on a busy machine that is a little after it was written.
WITNESS_LATE_S = 0.05


def test_after_an_acknowledged_opt_out_no_marketing_to_that_person_starts(world):
    house = world.sandbox()
    started = 0
    for person in range(PEOPLE):
        phone = str(FIRST_PHONE + person)
        opt_in(house.api, phone)
        senders = Senders(house, phone)
        time.sleep(BEFORE_S)
        moment = opt_out(house.api, phone).ended
        time.sleep(AFTER_S)
        senders.stop()
        started += nothing_started_after(house, phone, moment, senders.answers)
    want(started >= PEOPLE, f"marketing was really under way: {started} messages to {PEOPLE} people")


def test_after_an_acknowledged_webhook_with_stop_no_marketing_to_that_person_starts(world):
    house = world.sandbox()
    phone = "447700900123"
    opt_in(house.api, phone)
    senders = Senders(house, phone)
    time.sleep(BEFORE_S)
    says(house, "ada", "STOP")
    moment = acknowledged(house, "STOP")
    time.sleep(AFTER_S)
    senders.stop()
    nothing_started_after(house, phone, moment, senders.answers)


class Senders:
    """Connections that send marketing to one person as fast as they are answered."""

    def __init__(self, house, phone):
        self.answers, self.broken, self.over = [], [], threading.Event()
        self.house, self.body = house, bodies.template(phone, "spring_sale")
        self.threads = [threading.Thread(target=self._run) for _ in range(SENDERS)]
        for thread in self.threads:
            thread.start()

    def _run(self):
        while not self.over.is_set():
            try:
                self.answers.append(send(self.house, self.body))
            except (OSError, http.client.HTTPException) as error:
                self.broken.append(error)
                return

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join()
        want(not self.broken, f"every send is answered, not {self.broken}")


def nothing_started_after(house, phone, moment, answers):
    """Both views of it: what callers were told, and what the simulated Meta saw. Returns how many had been let through."""
    for answer in answers:
        want(answer.status in (200, 400), "each send is accepted or refused", answer)
        late = answer.began > moment and answer.status == 200
        want(not late, f"a send asked {answer.began - moment:.4f} s after the acknowledgement is refused", answer)
    arrivals = templates_to(house, phone)
    for line in arrivals:
        after = first_byte(line) - moment
        want(after <= WITNESS_LATE_S, f"no first byte after the acknowledgement; this came {after:.4f} s after: {line}")
    return len(arrivals)


def first_byte(line):
    return line["first_byte"]["unix_ns"] / 1e9
