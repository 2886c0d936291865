"""Reading an act's or event's data as typed values; a wrong one becomes a refusal naming it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, NoReturn

from shidian.core.procedure.types import Json, Refusal, RefusalCode
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

TEXT_MAX = 20_000
NAME_MAX = 200
LIST_MAX = 500


class RefusedError(Exception):
    """Carries a refusal up to `step`, which returns it. Never leaves the procedure."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.text.en)
        self.refusal = refusal


def refuse(code: RefusalCode, zh: str, en: str, field: str | None = None) -> NoReturn:
    """Ends the act with a refusal. The text says what to do next."""
    raise RefusedError(Refusal(code, Text(zh=zh, en=en), field))


class Data:
    """The data of an act or event, read key by key. Raises RefusedError (`bad-data`)."""

    __slots__ = ("_path", "_values")

    def __init__(self, values: Mapping[str, Json], path: str = "") -> None:
        self._values = values
        self._path = path

    def has(self, key: str) -> bool:
        return self._values.get(key) is not None

    def only(self, allowed: Iterable[str]) -> None:
        """Refuses keys that are not allowed here."""
        unknown = self._values.keys() - allowed
        if unknown:
            key = min(unknown)
            refuse(
                RefusalCode.BAD_DATA,
                f"此操作不接受“{key}”一项，请去掉。",
                f"This act takes no {key!r}; leave it out.",
                self._at(key),
            )

    def text(self, key: str, *, empty: bool = False, max_length: int = TEXT_MAX) -> str:
        value = self._values.get(key, "" if empty else None)
        if not isinstance(value, str) or not (empty or value.strip()):
            self._bad(key, "请填写文字", "write some text")
        if len(value) > max_length:
            self._bad(key, f"请不超过 {max_length} 字", f"keep it within {max_length} characters")
        return value

    def name(self, key: str) -> str:
        return self.text(key, max_length=NAME_MAX)

    def reason(self, key: str = "reason") -> str:
        value = self._values.get(key)
        if value is None or (isinstance(value, str) and not value.strip()):
            refuse(
                RefusalCode.REASON_MISSING,
                "请写明理由：理由随决定一并存档。",
                "Give the reason: it is kept with the decision.",
                self._at(key),
            )
        return self.text(key)

    def integer(self, key: str, low: int, high: int) -> int:
        value = self._values.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self._bad(
                key, f"请填 {low} 至 {high} 的整数", f"give a whole number from {low} to {high}"
            )
        return value

    def boolean(self, key: str) -> bool:
        value = self._values.get(key)
        if not isinstance(value, bool):
            self._bad(key, "请选择是或否", "choose yes or no")
        return value

    def day(self, key: str) -> date:
        value = self._values.get(key)
        try:
            return date.fromisoformat(value if isinstance(value, str) else "")
        except ValueError:
            self._bad(key, "请填日期，如 2026-03-01", "give a date such as 2026-03-01")

    def sha256(self, key: str) -> str:
        value = self._values.get(key)
        if not isinstance(value, str) or re.fullmatch(r"[0-9a-f]{64}", value) is None:
            self._bad(key, "应为 64 位十六进制的 SHA-256", "give a SHA-256 of 64 hex digits")
        return value

    def choice(self, key: str, allowed: Iterable[str]) -> str:
        value = self._values.get(key)
        options = list(allowed)
        if not isinstance(value, str) or value not in options:
            listed = ", ".join(options) or "–"
            self._bad(key, f"请选择其一：{listed}", f"choose one of: {listed}")
        return value

    def names(self, key: str) -> tuple[str, ...]:
        """A list of distinct non-empty names."""
        values = tuple(item for item in self._items(key) if isinstance(item, str) and item.strip())
        if len(values) != len(self._items(key)) or len(set(values)) != len(values):
            self._bad(key, "请给出不重复的名单", "give a list without blanks or repetitions")
        return values

    def tables(self, key: str) -> tuple[Data, ...]:
        """A list of objects."""
        found: list[Data] = []
        for n, item in enumerate(self._items(key)):
            if not isinstance(item, Mapping):
                self._bad(key, "每项应为一组键值", "each item must be an object")
            found.append(Data(item, f"{self._at(key)}/{n}"))
        return tuple(found)

    def table(self, key: str) -> Data:
        """An object."""
        value = self._values.get(key, {})
        if not isinstance(value, Mapping):
            self._bad(key, "应为一组键值", "give an object")
        return Data(value, self._at(key))

    def fields(self) -> tuple[str, ...]:
        """The keys given."""
        return tuple(self._values)

    def values(self) -> Mapping[str, Json]:
        """What was given, as it is."""
        return self._values

    def _items(self, key: str) -> Sequence[Json]:
        value = self._values.get(key)
        if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > LIST_MAX:
            self._bad(
                key, f"请给出不超过 {LIST_MAX} 项的列表", f"give a list of at most {LIST_MAX} items"
            )
        return value

    def _at(self, key: str) -> str:
        return f"{self._path}/{key}" if self._path else key

    def _bad(self, key: str, zh: str, en: str) -> NoReturn:
        at = self._at(key)
        refuse(RefusalCode.BAD_DATA, f"“{at}”填写有误：{zh}。", f"{at} is not right: {en}.", at)
