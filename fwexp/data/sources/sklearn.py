"""The data files inside the installed scikit-learn."""

from importlib.util import find_spec
from pathlib import Path

from fwexp.data.sources.origin import InPlace, State


class SklearnPackage(InPlace):
    """Found without importing scikit-learn, which takes a second."""

    needs = ()

    @property
    def label(self) -> str:
        return "PyPI package scikit-learn"

    @property
    def get(self) -> str:
        return "python -m pip install scikit-learn"

    @property
    def mend(self) -> str:
        return "python -m pip install --force-reinstall --no-deps scikit-learn"

    def state(self) -> State:
        spec = find_spec("sklearn")
        if spec is None or spec.origin is None:
            return State(where="missing", detail="scikit-learn is not installed")
        folder = Path(spec.origin).parent / "datasets" / "data"
        return State(where="here", detail=f"folder {folder}", folder=folder)
