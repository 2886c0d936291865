"""What the processes write to their output: one object a line, and nothing personal in it.

What is personal cannot be known from a text alone, a name least of all. So nothing that came with a
request is written: of records by libraries, the constant text and the numbers; of an exception, its
kind and where it was raised, never its message. What our own code says passes a last look for
numbers, addresses and pseudonyms of persons.
"""

from __future__ import annotations

import logging
import logging.config
import os
import re
import secrets
import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any

import structlog

from shidian.core.journal.personal import personal_data

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping
    from types import TracebackType

    from shidian.config import Settings

REQUEST_ID_HEADER = "X-Request-ID"
FRAMES_MAX = 12
VALUE_CHARS_MAX = 1_000
REMOVED = "[removed]"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_NEVER = frozenset(
    {
        *("address", "authorization", "body", "cookie", "data", "email", "form", "headers"),
        *("id_number", "name_of", "password", "payload", "phone", "pseudonym", "query", "token"),
        *("url", "user", "username"),
    }
)
"""Under these names nothing is written, whatever it is."""
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PSEUDONYM = re.compile(r"\bp_[a-z2-7]{8,64}")
_QUERY = re.compile(r"\?[^\s\"']+")
_ROWS = re.compile(r"\s*\b(?:DETAIL|CONTEXT|HINT|Failing row)\b.*", re.DOTALL)
"""Where PostgreSQL begins to quote the row."""

_process = "shidian"


def begin(process: str, config: Settings) -> None:
    """From now on this process writes as the settings say, an exception at its end included."""
    global _process  # noqa: PLW0603 - a process has one name
    _process = process
    logging.config.dictConfig(logging_config(config))
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *_processors(config.log_format)],
        wrapper_class=structlog.make_filtering_bound_logger(_level(config)),
        logger_factory=structlog.WriteLoggerFactory(),
        cache_logger_on_first_use=False,
    )
    sys.excepthook = _last_words
    threading.excepthook = _last_words_of_a_thread


def logging_config(config: Settings) -> dict[str, Any]:
    """For `logging.config.dictConfig`: records of libraries, in the same form."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "shidian.logs.Line", "form": config.log_format}},
        "handlers": {"console": {"class": "shidian.logs.Console", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": "WARNING"},
        # Their own handlers, which Django and servers bring, would say it all once more.
        "loggers": {
            name: {"handlers": [], "level": "WARNING", "propagate": True}
            for name in ("django", "django.server", "gunicorn.error", "gunicorn.access", "uvicorn")
        },
    }


def request_id(given: str | None) -> str:
    """The id that a proxy gave a request, where it is one; else a new one."""
    if given and _REQUEST_ID.fullmatch(given) and not personal_data(given):
        return given
    return secrets.token_hex(8)


def named(error: BaseException) -> str:
    """An exception without its message, which may hold what somebody typed: its kind, and where."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {_place(frames[-1])}" if frames else ""
    return f"{type(error).__name__}{where}"


class Console(logging.Handler):
    """Writes to what standard error is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        sys.stderr.write(f"{self.format(record)}\n")
        sys.stderr.flush()


class Line(logging.Formatter):
    """A record of the standard library as a line. Of its arguments, numbers alone are written."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self._processors = _processors(form)

    def format(self, record: logging.LogRecord) -> str:
        event: MutableMapping[str, Any] = {
            **structlog.contextvars.get_contextvars(),
            "event": _said(record),
            "logger": record.name,
        }
        if record.exc_info:
            event["exc_info"] = record.exc_info
        method = record.levelname.lower()
        done: Any = event
        for process in self._processors:
            done = process(None, method, done)
        return str(done)


def _level(config: Settings) -> int:
    return logging.getLevelNamesMapping()[config.log_level.upper()]


def _processors(form: str) -> list[Callable[[Any, str, Any], Any]]:
    render: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
    )
    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _of_process,
        _exceptions,
        _nothing_personal,
        render,
    ]


def _of_process(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event["process"] = _process
    event["pid"] = os.getpid()
    return event


def _exceptions(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """`exc_info` → `exceptions`: of each in the chain its kind and the frames, innermost last."""
    given = event.pop("exc_info", None)
    event.pop("stack_info", None)
    error = given[1] if isinstance(given, tuple) else given
    if error is True:
        error = sys.exception() if hasattr(sys, "exception") else sys.exc_info()[1]
    chain: list[dict[str, object]] = []
    while isinstance(error, BaseException) and len(chain) < FRAMES_MAX:
        frames = traceback.extract_tb(error.__traceback__)[-FRAMES_MAX:]
        chain.append({"kind": type(error).__qualname__, "at": [_place(one) for one in frames]})
        error = error.__cause__ or error.__context__
    if chain:
        event["exceptions"] = chain
    return event


def _nothing_personal(
    _: object, __: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    return {key: REMOVED if key in _NEVER else _clean(value) for key, value in event.items()}


def _clean(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {str(key): _clean(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(one) for one in value]
    return _clean_text(str(value))


def _clean_text(text: str) -> str:
    """Without addresses, pseudonyms, queries and quoted rows; nothing where a number of a person

    is in it: how such a number was written is not known, so neither is where it ends.
    """
    kept = _ROWS.sub("", _QUERY.sub("?…", _PSEUDONYM.sub(REMOVED, _EMAIL.sub(REMOVED, text))))
    found = personal_data(kept)
    return f"[removed: holds {found}]" if found else kept[:VALUE_CHARS_MAX]


def _said(record: logging.LogRecord) -> str:
    """The record's constant text with its numbers; "…" stands for what else was put in."""
    if not isinstance(record.msg, str):
        return f"a {type(record.msg).__name__}"
    if record.name.startswith("django.security"):
        return "refused a suspicious request"  # Django puts what was sent into the text itself
    if not record.args:
        return record.msg
    args: object = record.args
    try:
        if isinstance(args, dict):
            return record.msg % {key: _number(one) for key, one in args.items()}
        return record.msg % tuple(_number(one) for one in args)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        return record.msg


def _number(value: object) -> object:
    return value if isinstance(value, bool | int | float) else "…"


def _place(frame: traceback.FrameSummary) -> str:
    """`apps/cases/domain/calls.py:120 open_call`; the path from the package on."""
    path = frame.filename.replace("\\", "/")
    for root in ("/shidian/", "/site-packages/", "/lib/"):
        if root in path:
            path = path.rpartition(root)[2]
            break
    return f"{path}:{frame.lineno} {frame.name}"


def _last_words(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    structlog.get_logger("shidian").critical("ended by an exception", exc_info=(kind, error, trace))


def _last_words_of_a_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        name = args.thread.name if args.thread else ""
        structlog.get_logger("shidian").critical(
            "a thread ended by an exception", thread=name, exc_info=args.exc_value
        )
