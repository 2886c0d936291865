"""A cluster of one process: all that travels is packed and unpacked, and comes in another order."""

from __future__ import annotations

import os
import pickle
import random

import pytest

ON_SPARK = [
    pytest.mark.prove,
    pytest.mark.skipif(os.environ.get("SHIDIAN_SPARK") == "no", reason="SHIDIAN_SPARK=no"),
    # What PySpark does inside is not ours to mend.
    pytest.mark.filterwarnings("ignore::DeprecationWarning:pyspark.*"),
    pytest.mark.filterwarnings("ignore::FutureWarning:pyspark.*"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
"""Marks of tests that need a real Spark."""


def travelled(value):
    """A value as it arrives elsewhere."""
    return pickle.loads(pickle.dumps(value))


class Here:
    """`replaying.Cluster` without Spark. `before` is called with each task before it is done."""

    def __init__(self, seed=0, before=lambda task: None):
        self._rng = random.Random(seed)
        self._before = before
        self.asked = []

    def _done(self, do, tasks):
        tasks = list(tasks)
        self._rng.shuffle(tasks)
        for name, task in tasks:
            self._before(task)
            self.asked.append((do.__name__, name))
            yield name, travelled(travelled(do)(travelled(task)))

    def each(self, do, tasks):
        return [found for _, found in self._done(do, [("", task) for _, task in tasks])]

    def gathered(self, do, tasks, judge, groups):
        parts = {name: [] for name, _ in groups}
        for name, part in self._done(do, [(name, task) for _, name, task in tasks]):
            parts[name].append(part)
        judging = [(name, travelled(group)) for name, group in groups]
        self._rng.shuffle(judging)
        return [travelled(judge(group, parts[name])) for name, group in judging]
