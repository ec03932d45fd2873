"""From a model's configuration to its spec and its implementation in one framework."""

from dataclasses import MISSING, fields
from typing import Any, get_type_hints

from fwexp.config.dotted import load_dotted
from fwexp.config.schema import Data, Model
from fwexp.config.suggestions import suggest
from fwexp.errors import ConfigError
from fwexp.models.initialization import INITIALIZERS
from fwexp.models.spec import Spec

FILES = {"torch": "torch", "tf": "keras"}  # framework -> the model package's module
GIVEN = (  # by the data set, not by the user; a spec asks by name for what it needs
    "image_shape",
    "num_classes",
    "sequence_length",
    "target_length",
    "vocabulary_size",
    "num_users",
    "num_items",
)


def load_spec(model: Model, data: Data) -> Spec:
    """The model's spec for this data set.

    Raises ConfigError if the package has no spec, the options are not the spec's, or a variable's
    initializer is unknown.
    """
    spec_type = _load(model, "spec:Spec")
    problems = _option_problems(model, get_type_hints(spec_type), spec_type)
    if problems:
        raise ConfigError(problems)
    given = _given(model, data, spec_type)
    try:
        spec: Spec = spec_type(**given, **model.options)
    except (ValueError, TypeError) as error:
        raise ConfigError([f"model={model.name}: {error}"]) from error
    problems = _initializer_problems(model, spec)
    if problems:
        raise ConfigError(problems)
    return spec


def _given(model: Model, data: Data, spec_type: Any) -> dict[str, Any]:
    """What the spec asks of the data set; ConfigError if the data set lacks it."""
    asked = [f.name for f in fields(spec_type) if f.name in GIVEN]
    given = {name: getattr(data, name) for name in asked}
    needed = [f.name for f in fields(spec_type) if f.default is MISSING]  # the others may be None
    lacking = [name for name, value in given.items() if value is None and name in needed]
    if lacking:
        has = ", ".join(name for name in GIVEN if getattr(data, name) is not None)
        raise ConfigError(
            [
                f"model={model.name} does not fit data={data.name}: it needs {_listing(lacking)}, "
                f"and that data set has {has or 'none of what a model is built for'}"
            ]
        )
    return {name: tuple(v) if isinstance(v, list) else v for name, v in given.items()}


def _listing(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def build(model: Model, spec: Spec, *, framework: str) -> Any:
    """The model itself: a torch.nn.Module, or a functional keras.Model."""
    return _load(model, f"{FILES[framework]}:build")(spec)


def declared_differences(model: Model, data: Data) -> list[str]:
    """What the spec declares that the implementations do differently, computing the same."""
    return list(getattr(load_spec(model, data), "declared_differences", ()))


def _load(model: Model, name: str) -> Any:
    """What "file:name" names in the model's package."""
    return load_dotted(
        f"{model.implementation}.{name}", key=f"model.implementation={model.implementation}"
    )


def _option_problems(model: Model, types: dict[str, Any], spec_type: Any) -> list[str]:
    known = [f.name for f in fields(spec_type) if f.name not in GIVEN]
    problems = []
    for name, value in model.options.items():
        if name not in known:
            hint = suggest(name, known)
            problems.append(f"model.options.{name}: {model.name} has no such option. {hint}")
        elif not _fits(value, types[name]):
            wanted = getattr(types[name], "__name__", types[name])
            problems.append(f"model.options.{name}={value}: must be of type {wanted}")
    return problems


def _initializer_problems(model: Model, spec: Spec) -> list[str]:
    return [
        f"model={model.name}: {name} has the initializer {variable.initializer!r}; "
        f"choose from {', '.join(INITIALIZERS)}"
        for name, variable in spec.variables().items()
        if variable.initializer not in INITIALIZERS
    ]


def _fits(value: object, wanted: Any) -> bool:
    if wanted is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))
