"""How a server ends: what it has begun it finishes."""

import signal
import threading
import time

import bodies
from house import NUMBER
from people import opt_in, want_accepted
from run import for_each
from wire import want

META_TAKES_S = 1.0


@for_each("database")
def test_sigterm_lets_a_send_that_has_begun_get_its_answer(world, database):
    server = world.server(database)
    server.start()
    phone = "447700900123"
    opt_in(server.api, phone)
    server.meta.answer_after_s = META_TAKES_S
    answers = []
    body = bodies.template(phone, "spring_sale")
    sender = threading.Thread(target=lambda: answers.append(server.api.post(f"{bodies.GRAPH}/{NUMBER}/messages", body)))
    sender.start()
    time.sleep(META_TAKES_S / 3)
    code = server.process.stop(signal.SIGTERM)
    sender.join()
    want(code == 0, f"SIGTERM ends the server with 0, not {code}")
    want(answers, "the send that had begun was answered")
    want_accepted(answers[0])
    want(len(server.meta.sent_to(phone)) == 1, "it was sent once")
    server.run("verify")


def test_ctrl_c_ends_the_sandbox(world):
    house = world.sandbox()
    code = house.process.stop(signal.SIGINT)
    want(code == 0, f"SIGINT ends the sandbox with 0, not {code}")
