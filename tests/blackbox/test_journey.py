"""The schema of journeys and the reader of journeys say the same: what is read fits the schema, and what the schema refuses is not read."""

import copy
import itertools
import json
from pathlib import Path

from jsonschema import Draft202012Validator

from wire import want

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "crates" / "journey" / "tests" / "examples"
# What stands in the place of every member and every item of the good examples, one at a time.
ODD = (None, True, 0, 1_000_000, "", " x ", "x", "{{", ["x"], {"days": 1})


def load(name):
    return json.loads((EXAMPLES / name).read_text("utf-8"))


def strict():
    schema = json.loads((ROOT / "docs" / "schemas" / "journey-1.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def told(schema, definition):
    """What the schema has against a definition."""
    return [f"{'/'.join(map(str, fault.path)) or 'the top'}: {fault.message[:200]}" for fault in schema.iter_errors(definition)]


def make(house, definition):
    return house.api.post("/api/v1/journeys", {"definition": definition})


def test_the_schema_takes_every_good_journey_and_what_is_kept_of_it(world):
    house, schema = world.sandbox(), strict()
    for example in load("good.json"):
        want(not told(schema, example), f"the schema takes `{example['name']}`, and says {told(schema, example)}")
        answer = make(house, example)
        want(answer.status == 201, f"`{example['name']}` is read", answer)
        kept = answer.json()["draft"]
        want(not told(schema, kept), f"what is kept of `{example['name']}` fits, and not {told(schema, kept)}", kept)


def test_the_schema_and_the_reader_refuse_every_bad_journey(world):
    house, schema = world.sandbox(), strict()
    for example in load("bad.json"):
        definition, say = example["definition"], f"{example['place']}: {example['say']}"
        want(make(house, definition).status == 422, f"not read: {say}", definition)
        refuses = not schema.is_valid(definition)
        want(refuses == example["schema"], f"the schema {'refuses' if example['schema'] else 'cannot tell'}: {say}", definition)


def test_no_journey_is_read_that_the_schema_refuses(world):
    house, schema = world.sandbox(), strict()
    refused = taken = 0
    # Every third is enough: looking at one takes long.
    for what, variant in itertools.islice(variants(load("good.json")), 0, None, 3):
        if schema.is_valid(variant):
            taken += 1
            continue
        refused += 1
        answer = make(house, variant)
        want(answer.status == 422, f"what the schema refuses is not read: {what}: {told(schema, variant)}", answer)
    want(refused > 300, f"{refused} changed journeys were refused by the schema")
    want(taken > 30, f"{taken} changed journeys fit the schema")


def variants(examples):
    """Each example with one part changed, taken away or added."""
    for example in examples:
        for path in places(example):
            for change in changes(example, path):
                variant = copy.deepcopy(example)
                place = variant
                for step in path[:-1]:
                    place = place[step]
                yield f"{example['name']}: {'/'.join(map(str, path))} {change(place, path[-1])}", variant


def places(value, path=()):
    """The way to every member and every item."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inner:
        yield (*path, name)
        yield from places(part, (*path, name))


def changes(example, path):
    yield away
    here = example
    for step in path:
        here = here[step]
    if isinstance(here, dict):
        yield more
    if not isinstance(here, (dict, list)):
        for odd in ODD:
            if odd != here or type(odd) is not type(here):
                yield lambda place, name, odd=odd: put(place, name, odd)


def away(place, name):
    del place[name]
    return "taken away"


def more(place, name):
    place[name]["more"] = "x"
    return "with a member more"


def put(place, name, odd):
    place[name] = copy.deepcopy(odd)
    return f"is {odd!r}"
