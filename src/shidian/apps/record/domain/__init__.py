"""The verbs of the record: leaves are prepared, sent, and what they stand for is erased."""

from .backfilling import back_fill
from .erasing import erase_text
from .preparing import prepare_leaves
from .sending import Notary, send_leaves

__all__ = ["Notary", "back_fill", "erase_text", "prepare_leaves", "send_leaves"]
