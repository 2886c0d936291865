"""One row a leaf, one an erasure."""

from .erasure import Erasure
from .leaf_row import LeafRow

__all__ = ["Erasure", "LeafRow"]
