"""Data sets as NumPy arrays, with the hash of their content and where they came from."""

from fwexp.data.cache import Provenance
from fwexp.data.dataset import DataSet, Split, load
from fwexp.data.preparation import prepare
from fwexp.data.presence import Status, status

__all__ = ["DataSet", "Provenance", "Split", "Status", "load", "prepare", "status"]
