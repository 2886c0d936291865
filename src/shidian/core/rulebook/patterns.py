"""What the model's patterns ask of a text, in words: no author is shown a regular expression."""

from __future__ import annotations

from shidian.core.rulebook.model import Text

_WORDS = {
    r"^[a-z][a-z0-9]*([-_][a-z0-9]+)*$": Text(
        zh="请用小写字母、数字和连字符，以字母开头，如 expert-review",
        en="write lower-case letters, digits and hyphens, a letter first: expert-review",
    ),
    r"^[a-z][a-z0-9]*(\.[a-z][a-z0-9_]*)+$": Text(
        zh="请写用点号分开的小写词，如 order.placed",
        en="write lower-case words with dots between them: order.placed",
    ),
    r"^[A-Z]{3}$": Text(
        zh="请写三个大写字母的货币代码，如 CNY", en="write a code of three capital letters: EUR"
    ),
    r"^\d{4}(-\d{2}(-\d{2})?)?$": Text(
        zh="请写年、年月或日期：2024、2024-03、2024-03-15",
        en="write a year, a month or a day: 2024, 2024-03, 2024-03-15",
    ),
    r"^\d{4}-\d{2}-\d{2}$": Text(zh="请写日期，如 2024-03-15", en="write a day: 2024-03-15"),
    r"^https?://\S+$": Text(
        zh="请写以 https:// 或 http:// 开头的网址",
        en="write an address that begins with https:// or http://",
    ),
    r"^[0-9]{1,15}(\.[0-9]{1,4})?$": Text(
        zh="请写不带货币的数，如 10000 或 0.5", en="write a number without a currency: 10000, 0.5"
    ),
    r"^[^\s〔〕\d]+$": Text(
        zh="请写不含空格、数字和括号的代字，如 示证监函",
        en="write a code without spaces, digits or brackets: 示证监函",
    ),
    r"^[1-9][0-9]?/[1-9][0-9]?$": Text(
        zh="请写两个整数之比，如 2/3", en="write a share of two whole numbers: 2/3"
    ),
}


def asked(pattern: str) -> Text:
    """What to write where `pattern` was not met."""
    return _WORDS.get(pattern) or Text(zh=f"格式须为 {pattern}", en=f"write text like {pattern}")
