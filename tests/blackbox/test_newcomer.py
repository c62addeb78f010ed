"""The first hour with Consentry, as the README tells it."""

import json
import subprocess
from pathlib import Path

import bodies
from people import ADA, ANA_LONG, ANA_SHORT, ORDER, check, opt_in, refused, says, says_stop, send, templates_to, want_accepted, want_refused
from wire import until, want

SPELLINGS = (
    "447700900123",
    "+447700900123",
    "+44 7700 900123",
    "+44 (0)7700 900123",
    "+44-7700-900-123",
    "(+44) 7700.900.123",
    "00447700900123",
    "\uff0b\uff14\uff14\uff17\uff17\uff10\uff10\uff19\uff10\uff10\uff11\uff12\uff13",
    447700900123,
)


def test_a_customer_who_says_stop_gets_no_offers_and_still_gets_the_order_update(world):
    house = world.sandbox()
    opt_in(house.api, ADA)
    want_accepted(send(house, bodies.template(ADA, "spring_sale")))
    says_stop(house, "ada", ADA)
    before = len(templates_to(house, ADA))
    want_refused(send(house, bodies.template(ADA, "spring_sale")))
    want(len(templates_to(house, ADA)) == before, "nothing of what was refused reached Meta")
    want_accepted(send(house, bodies.template(ADA, *ORDER)))
    said = [line["message"].get("template", {}).get("name") for line in templates_to(house, ADA)[before:]]
    want(said == ["order_update"], f"the order update, and nothing else, reached Meta: {said}")


def test_every_spelling_of_a_number_is_the_person_who_said_stop(world):
    house = world.sandbox()
    opt_in(house.api, ADA)
    says_stop(house, "ada", ADA)
    before = len(templates_to(house, ADA))
    for spelling in SPELLINGS:
        want_refused(send(house, bodies.template(spelling, "spring_sale")))
        if isinstance(spelling, str):
            answer = check(house.api, "marketing", spelling)
            want(refused(answer, "opted_out_category"), f"the check of `{spelling}` is refused", answer)
    want(len(templates_to(house, ADA)) == before, "no spelling of the number reached Meta")


def test_the_ninth_digit_of_brazil_hides_nobody_who_said_stop(world):
    house = world.sandbox()
    opt_in(house.api, ANA_LONG)
    says(house, "ana", "STOP")
    until(lambda: refused(check(house.api, "marketing", ANA_LONG), "opted_out_category"), "STOP is in force")
    for spelling in (ANA_LONG, ANA_SHORT, f"+{ANA_SHORT}"):
        want_refused(send(house, bodies.template(spelling, "spring_sale")))


def test_a_stranger_gets_no_marketing_and_gets_the_order_update(world):
    house = world.sandbox()
    stranger = "447700900999"
    want_refused(send(house, bodies.template(stranger, "spring_sale")), reasons=("no_consent",))
    want_accepted(send(house, bodies.template(stranger, *ORDER)))


def test_the_command_line_sends_the_campaign_of_the_readme_beside_the_sandbox(world):
    house, folder = world.sandbox(), Path(world.folder())
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    file = folder / "spring.json"
    file.write_text(readme[readme.index('{"name": "Autumn sale"') : readme.index("Beside the sandbox, say where")])

    def command(*words):
        done = subprocess.run([world.tools.binary, "campaign", *words, "--config", house.ready["settings"], "--json"], capture_output=True, timeout=60)
        want(done.returncode == 0, f"`campaign {words[0]}` of the README works", done.stderr.decode())
        return json.loads(done.stdout.splitlines()[-1])

    says_stop(house, "ada", ADA)
    campaign = command("create", str(file))["id"]
    looked = command("preflight", campaign)
    want((looked["in"], looked["out"]) == (3, 0), "all who agreed and did not say stop are in", looked)
    command("start", campaign, "--watch")
    told = command("report", campaign)
    want(told["counts"]["accepted"] == 3, "each of them got it", told)
    words = json.dumps(house.control.get("/sandbox/sent").json())
    want("Ana" in words and "friend" not in words, "and is greeted by name", words)
    elsewhere = subprocess.run([world.tools.binary, "campaign", "list"], cwd=folder, capture_output=True, timeout=60)
    want(elsewhere.returncode == 2 and not (folder / "consentry-data").exists(), "in a wrong folder no house is made", elsewhere.stderr)


def test_stop_is_still_in_force_after_a_restart(world):
    folder = world.folder()
    house = world.sandbox(folder)
    opt_in(house.api, ADA)
    says_stop(house, "ada", ADA)
    code = house.process.stop()
    want(code == 0, f"SIGTERM ends the sandbox with 0, not {code}")
    again = world.sandbox(folder)
    answer = check(again.api, "marketing", ADA)
    want(refused(answer, "opted_out_category"), "STOP is in force after the restart", answer)
