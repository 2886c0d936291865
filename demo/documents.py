"""The document that firms of the demonstration hand in: a real PDF that says what it is."""

from __future__ import annotations

from functools import lru_cache

SOURCE = """
#set page(paper: "a4")
#set text(font: ("Noto Serif CJK SC", "Libertinus Serif"), lang: "zh")
= 演示材料
本文件为演示系统中的示例材料，机构、人员与数据均为虚构。

_A document of the demonstration. Institutions, people and figures are made up._
"""


@lru_cache(maxsize=1)
def document() -> bytes:
    """The same bytes each time."""
    import typst  # late: 100 ms that only a demonstration needs

    return bytes(typst.compile(SOURCE.encode(), format="pdf", timestamp=0))
