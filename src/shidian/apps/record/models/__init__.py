"""One row a leaf."""

from .leaf_row import LeafRow

__all__ = ["LeafRow"]
