"""The mlp's spec: dropout has no variables."""

from fwexp.models.mlp.spec import Spec

__all__ = ["Spec"]
