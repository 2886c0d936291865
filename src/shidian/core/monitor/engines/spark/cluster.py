"""Spark as a `Cluster`: tasks and answers are rows of bytes, functions run in Python on Arrow."""

from __future__ import annotations

import os
import pickle
import shutil
import sys
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

Task = TypeVar("Task")
Part = TypeVar("Part")
Group = TypeVar("Group")
Found = TypeVar("Found")

_SLICES_A_CORE = 4
"""Tasks of a stage for each core: small enough to be shared out evenly, and to be lost cheaply."""

_HEAD, _PART = 0, 1

SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    # An executor that is killed costs the tasks it had a try each.
    "spark.task.maxFailures": "8",
    # A row is a whole file's tiles: never several of them in one batch.
    "spark.sql.execution.arrow.maxRecordsPerBatch": "1",
    # Rows are few and large: their number says nothing of the work they are.
    "spark.sql.adaptive.enabled": "false",
    "spark.driver.maxResultSize": "0",
}
"""What a session has unless it is told otherwise."""

_HERE = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}


class ClusterError(RuntimeError):
    """There is no such cluster, it cannot be used, or it failed; the message says which."""


@contextmanager
def session(master: str, settings: Mapping[str, str] | None = None) -> Iterator[SparkCluster]:
    """A cluster for as long as the block lasts. `master`: as Spark names it. Raises ClusterError.

    One at a time in a process.
    """
    spark = _start(master, {**SETTINGS, **(_HERE if _is_here(master) else {}), **(settings or {})})
    try:
        yield SparkCluster(spark)
    finally:
        spark.stop()


def _is_here(master: str) -> bool:
    return master.startswith("local")


def _start(master: str, settings: Mapping[str, str]) -> Any:
    try:
        from pyspark.sql import SparkSession
    except ModuleNotFoundError:
        raise ClusterError(
            "Spark is not installed here: pip install 'shidian[spark]', or scripts/setup-spark in"
            " the source tree"
        ) from None
    if SparkSession.getActiveSession() is not None:
        raise ClusterError("a cluster is open in this process already")
    if not _java():
        raise ClusterError("Spark needs Java 17 or newer: install it, or name it by JAVA_HOME")
    # Executors find what the driver runs with; on other machines at the same place.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if _is_here(master):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    # It warns of a pandas that it may not know; nothing here goes through pandas.
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"pyspark\.")
    builder = SparkSession.builder.master(master).appName("shidian replay")
    for name, value in settings.items():
        builder = builder.config(name, value)
    with _said():
        return builder.getOrCreate()


def _java() -> bool:
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java") is not None or (
        home is not None and (Path(home) / "bin" / "java").exists()
    )


@contextmanager
def _said() -> Iterator[None]:
    """What Spark raises as one sentence of its own; pages of Java calls help nobody."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (Py4JError, PySparkException) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        told = [line for line in lines if not line.startswith(("at ", "..."))]
        raise ClusterError(f"Spark: {_telling(told)}") from error


def _telling(lines: Sequence[str]) -> str:
    """Of a traceback in the message, its last line; else the first."""
    raised = [line for line in lines if "Error: " in line or "Exception: " in line]
    return (raised or list(lines) or ["it failed and did not say why"])[-1 if raised else 0]


@dataclass(frozen=True, slots=True)
class SparkCluster:
    """See `replaying.Cluster`. `spark`: its session."""

    spark: Any

    @property
    def cores(self) -> int:
        """How many tasks run at a time, as far as Spark knows."""
        return int(self.spark.sparkContext.defaultParallelism)

    def each(self, do: Callable[[Task], Found], tasks: Sequence[tuple[int, Task]]) -> list[Found]:
        """`do` of every task."""
        if not tasks:
            return []
        with _said():
            rows = self._rows([(cost, "", task) for cost, task in tasks])
            found = rows.mapInArrow(_mapping(do), "name string, kind int, content binary")
            return [pickle.loads(row.content) for row in found.collect()]  # noqa: S301 - of our own executors

    def gathered(
        self,
        do: Callable[[Task], Part],
        tasks: Sequence[tuple[int, str, Task]],
        judge: Callable[[Group, Sequence[Part]], Found],
        groups: Sequence[tuple[str, Group]],
    ) -> list[Found]:
        """`judge` of every group with its parts: they meet where Spark's hash of the name says."""
        if not groups:
            return []
        schema = "name string, kind int, content binary"
        with _said():
            both = self._rows([(1, name, group) for name, group in groups])
            if tasks:
                both = both.union(self._rows(tasks).mapInArrow(_mapping(do), schema))
            partitions = min(2 * len(groups), 2 * _SLICES_A_CORE * self.cores)
            apart = both.repartition(partitions, "name").sortWithinPartitions("name", "kind")
            found = apart.mapInArrow(_judging(judge), "content binary")
            return [pickle.loads(row.content) for row in found.collect()]  # noqa: S301 - of our own executors

    def _rows(self, tasks: Sequence[tuple[int, str, Any]]) -> Any:
        """A row a task, in slices of about the same cost."""
        slices = max(1, min(len(tasks), _SLICES_A_CORE * self.cores))
        dearest = sorted(tasks, key=lambda task: -task[0])
        # Dealt like cards, and each hand put together: Spark cuts the list where hands end.
        rows = [
            (name, _HEAD, pickle.dumps(task))
            for place in range(slices)
            for _, name, task in dearest[place::slices]
        ]
        context = self.spark.sparkContext
        return self.spark.createDataFrame(
            context.parallelize(rows, slices), "name string, kind int, content binary"
        )


def _mapping(
    do: Callable[[Task], Part],
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """`do` over rows of pickled tasks, as `mapInArrow` takes it."""
    release = version("shidian")

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        _check_release(release)
        for batch in batches:
            for name, _, content in zip(*(column.to_pylist() for column in batch), strict=True):
                part = do(pickle.loads(content))  # noqa: S301 - the driver's
                yield _batch(name=name, kind=_PART, content=pickle.dumps(part))

    return run


def _judging(
    judge: Callable[[Group, Sequence[Part]], Found],
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """`judge` over rows in order of name, of each the group first."""
    release = version("shidian")

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        _check_release(release)
        group: Group | None = None
        parts: list[Part] = []
        for batch in batches:
            for _, kind, content in zip(*(column.to_pylist() for column in batch), strict=True):
                if kind == _PART:
                    parts.append(pickle.loads(content))  # noqa: S301 - our own executors'
                    continue
                if group is not None:
                    yield _batch(content=pickle.dumps(judge(group, parts)))
                group, parts = pickle.loads(content), []  # noqa: S301 - the driver's
        if group is not None:
            yield _batch(content=pickle.dumps(judge(group, parts)))

    return run


def _batch(**values: object) -> pa.RecordBatch:
    kinds = {"name": pa.string(), "kind": pa.int32(), "content": pa.binary()}
    arrays = [pa.array([value], kinds[name]) for name, value in values.items()]
    return pa.RecordBatch.from_arrays(arrays, names=list(values))


@lru_cache
def _check_release(release: str) -> None:
    """Raises RuntimeError where this machine would compute by other code."""
    here = version("shidian")
    if here != release:
        raise RuntimeError(
            f"an executor has Shidian {here} installed, the driver {release}: install the same"
        )
