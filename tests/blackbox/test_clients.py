"""Other people's clients, with nothing changed but the host."""

from clients import IN_JAVASCRIPT, IN_PYTHON
from people import ADA, ADA_BSUID, ORDER, check, opt_in, says, says_stop, sent_to
from run import for_each
from wire import Failure, until, want

KINDS = {**IN_PYTHON, **IN_JAVASCRIPT}


@for_each("client")
def test_a_text_inside_the_window_reaches_the_customer(world, kind):
    house = world.sandbox()
    says(house, "ada", "Is my order on its way?")
    until(lambda: check(house.api, "service", ADA).json()["allow"], "the window is open")
    accepted(world.client(kind, house).text(ADA, "Yes, it comes tomorrow."))
    last = sent_to(house, ADA)[-1]["message"]
    want(last["text"]["body"] == "Yes, it comes tomorrow.", f"the text reached Meta as it was: {last}")


@for_each("client")
def test_templates_reach_a_person_who_opted_in(world, kind):
    house = world.sandbox()
    opt_in(house.api, ADA)
    client = world.client(kind, house)
    accepted(client.template(ADA, "spring_sale"))
    accepted(client.template(ADA, *ORDER))
    said = [line["message"]["template"]["name"] for line in sent_to(house, ADA)]
    want(said == ["spring_sale", "order_update"], f"both templates reached Meta, in order: {said}")


@for_each("client")
def test_a_business_scoped_user_id_reaches_the_person_and_their_stop_counts_for_it(world, kind):
    house = world.sandbox()
    client = world.client(kind, house)
    says(house, "ada", "Hello")
    until(lambda: check(house.api, "service", recipient=ADA_BSUID).json()["allow"], "the person is known by this id")
    opt_in(house.api, ADA)
    accepted(client.template(ADA_BSUID, "spring_sale"))
    last = sent_to(house, ADA_BSUID)[-1]["message"]
    want(last["recipient"] == ADA_BSUID, f"the template reached Meta by the id: {last}")
    says_stop(house, "ada", ADA)
    stopped(client.template(ADA_BSUID, "spring_sale"), KINDS[kind])


@for_each("client")
def test_after_stop_the_client_reports_131050_as_its_own_error(world, kind):
    house = world.sandbox()
    opt_in(house.api, ADA)
    client = world.client(kind, house)
    accepted(client.template(ADA, "spring_sale"))
    says_stop(house, "ada", ADA)
    stopped(client.template(ADA, "spring_sale"), KINDS[kind])
    accepted(client.template(ADA, *ORDER))


def accepted(answer):
    if not str(answer.get("id", "")).startswith("wamid."):
        raise Failure(f"wanted: the client has a message id, not {answer}")


def stopped(answer, kind):
    error = answer.get("error") or {}
    told = (error.get("kind"), error.get("code"))
    want(told == (kind, 131050), f"the client says {kind} 131050, not {answer}")
    want(str(error.get("trace")).startswith("consentry-"), f"its trace begins with consentry-: {answer}")
    want(error.get("details"), f"its details say why: {answer}")
