"""The verbs are the language's acts: what a rulebook may speak of and what the procedure does."""

from __future__ import annotations

from typing import get_args

from shidian.core.procedure.types import Verb
from shidian.core.procedure.verbs import DATA_KEYS, VERBS
from shidian.core.rulebook.model import ActName


def test_acts_that_a_rulebook_names_are_the_verbs_of_the_procedure():
    assert get_args(ActName) == tuple(verb.value for verb in Verb)


def test_every_verb_has_its_data_listed_in_the_docstring():
    listed = {
        line.split("|")[1].strip()
        for line in (Verb.__doc__ or "").splitlines()
        if line.strip().startswith("|")
    }
    assert {verb.value for verb in Verb} == listed - {"verb", "---"}
    assert set(VERBS) == set(DATA_KEYS) == set(Verb)
