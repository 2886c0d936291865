"""What authors are told of a text's form: words, never a regular expression."""

from __future__ import annotations

import re

from shidian.core.rulebook.model import Rulebook
from shidian.core.rulebook.patterns import asked


def _patterns(schema: object) -> set[str]:
    if isinstance(schema, dict):
        own = {schema["pattern"]} if isinstance(schema.get("pattern"), str) else set()
        return own.union(*(_patterns(one) for one in schema.values()))
    if isinstance(schema, list):
        return set().union(*(_patterns(one) for one in schema))
    return set()


def test_every_pattern_of_the_model_is_said_in_words() -> None:
    patterns = _patterns(Rulebook.model_json_schema())
    assert patterns
    for pattern in patterns:
        said = asked(pattern)
        assert pattern not in said.en + said.zh
        # what stands as an example meets the pattern itself
        examples = re.split(r"[:：,，、 ]+", said.en.partition(": ")[2])
        assert all(re.match(pattern, example) for example in examples if example), pattern
