"""The evidence that our models are the published ones: their parameters counted, and their outputs
compared with those of implementations that others wrote, the weights being the same."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fwexp.config.load import compose
from fwexp.config.schema import Config
from fwexp.meters.environment import commit
from fwexp.models.initialization import Weights, generic_weights
from fwexp.models.registry import build, load_spec
from fwexp.models.spec import Spec
from tests.prove.proof import Proof

TOLERANCE = 1e-5  # relative norm of the logits: some dozen layers' rounding of 6e-8
NEAR_MISS = 1e-3  # what another architecture must at least differ by, or the check shows nothing
SHOULD_BE_CHECKED = 2  # architectures, at least

Images = NDArray[np.float32]
Logits = NDArray[np.floating]


class NotHere(Exception):
    """The package with the independent implementation cannot be used here."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One published architecture, and another's implementation of it."""

    model: str
    counted_by: str  # the source of the published number of parameters
    other: str  # the independent implementation
    package: str  # that it comes in
    near_miss: str  # an architecture that is almost the same
    logits: Callable[[Config, Weights, Images, bool], Logits]  # True: the near miss's


@dataclass(frozen=True, kw_only=True)
class Result:
    check: Check
    published: int
    ours: int
    difference: float | None = None
    near_miss: float | None = None
    why_not: str = ""

    @property
    def holds(self) -> bool:
        if self.ours != self.published:
            return False
        if self.difference is None or self.near_miss is None:
            return True
        return self.difference <= TOLERANCE and self.near_miss >= NEAR_MISS


def main() -> Proof:
    """Holds when all counts are the published ones and all outputs agree."""
    results = [examine(check) for check in CHECKS]
    checked = sum(result.difference is not None for result in results)
    holds = all(result.holds for result in results) and checked >= SHOULD_BE_CHECKED
    return Proof(text=page(results), holds=holds)


def examine(check: Check) -> Result:
    """One architecture at its full size: our outputs are those of torch.py."""
    config = compose([f"model={check.model}_full", "data=synthetic"])
    spec = load_spec(config.model, config.data)
    published = import_module(f"{config.model.implementation}.spec").PUBLISHED_PARAMETERS
    shapes = [v.shape for v in spec.variables().values() if v.trainable]
    ours = sum(math.prod(shape) for shape in shapes)
    images = np.random.default_rng(0).normal(size=(2, 224, 224, 3)).astype(np.float32)
    weights = generic_weights(spec.variables(), seed=0)
    try:
        other = check.logits(config, weights, images, False)
        missed = check.logits(config, weights, images, True)
    except NotHere as reason:
        print(f"{check.model}: not compared: {reason}", flush=True)
        return Result(check=check, published=published, ours=ours, why_not=str(reason))
    own = our_logits(config, spec, weights, images)
    result = Result(
        check=check,
        published=published,
        ours=ours,
        difference=relative(other, own),
        near_miss=relative(missed, own),
    )
    print(f"{check.model}: {result.difference:.1e}, near miss {result.near_miss:.1e}", flush=True)
    return result


def relative(reference: Logits, other: Logits) -> float:
    """‖other − reference‖ / ‖reference‖."""
    return float(np.linalg.norm(other - reference) / np.linalg.norm(reference))


def our_module(config: Config, spec: Spec, weights: Weights) -> Any:
    """Our PyTorch implementation with these weights, in evaluation mode."""
    from fwexp.models.torch_names import named_tensors

    module = build(config.model, spec, framework="torch")
    for tensor in named_tensors(module):
        tensor.write(weights[tensor.name])
    return module.eval()


def our_logits(config: Config, spec: Spec, weights: Weights, images: Images) -> Logits:
    return torch_logits(our_module(config, spec, weights), images)


def torch_logits(module: Any, images: Images) -> Logits:
    """A torch module's outputs for images NHWC."""
    import torch

    with torch.inference_mode():
        out = module(torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2))))
    logits: Logits = getattr(out, "logits", out).numpy()
    return logits


def keras_vgg19(_: Config, weights: Weights, images: Images, near_miss: bool) -> Logits:
    import keras

    other = keras.applications.VGG19(weights=None, classifier_activation=None)
    values = list(weights.values())  # kernel and bias of each layer, in the same order in both
    if near_miss:
        a, b = (list(weights).index(f"conv5_{i}.kernel") for i in (3, 4))
        values[a], values[b] = values[b], values[a]
    other.set_weights(values)
    logits: Logits = other.predict_on_batch(images)
    return logits


def keras_mobilenet(_: Config, weights: Weights, images: Images, near_miss: bool) -> Logits:
    """Keras pads below and to the right at stride 2, we above and to the left as well, where an
    even side leaves the other zeros unused: in a mirror it is the same network."""
    import keras

    other = keras.applications.MobileNet(weights=None, classifier_activation=None)
    mirror = slice(None) if near_miss else slice(None, None, -1)
    values = []
    for value, variable in zip(weights.values(), other.weights, strict=True):
        shaped = value.reshape(variable.shape)  # its head is a 1 × 1 convolution
        values.append(shaped[mirror, mirror] if shaped.ndim == 4 else shaped)
    other.set_weights(values)
    logits: Logits = other.predict_on_batch(images[:, mirror, mirror])
    return logits


TRANSFORMERS_NAMES = [  # ours, of the PyTorch module → transformers'
    (r"^conv\.", "resnet.embedder.embedder.convolution."),
    (r"^norm\.", "resnet.embedder.embedder.normalization."),
    (r"^stage(\d)\.block(\d)\.", r"resnet.encoder.stages.\1.layers.\2."),
    (r"\.conv(\d)\.", r".layer.\1.convolution."),
    (r"\.norm(\d)\.", r".layer.\1.normalization."),
    (r"\.shortcut\.", ".shortcut.convolution."),
    (r"\.shortcut_norm\.", ".shortcut.normalization."),
    (r"^head\.", "classifier.1."),
]


def transformers_resnet(config: Config, weights: Weights, images: Images, miss: bool) -> Logits:
    try:
        from transformers import ResNetConfig, ResNetForImageClassification
    except ImportError as error:
        raise NotHere("transformers is not installed") from error
    settings = ResNetConfig(num_labels=1000, downsample_in_bottleneck=miss)
    other = ResNetForImageClassification(settings).eval()
    own = our_module(config, load_spec(config.model, config.data), weights).state_dict()
    other.load_state_dict({_transformers_name(name): value for name, value in own.items()})
    return torch_logits(other, images)


def _transformers_name(name: str) -> str:
    for ours, theirs in TRANSFORMERS_NAMES:
        name = re.sub(ours, theirs, name)
    return name


def torchvision_alexnet(config: Config, weights: Weights, images: Images, miss: bool) -> Logits:
    try:
        from torchvision.models import alexnet
    except (ImportError, RuntimeError) as error:  # RuntimeError: built for another PyTorch
        raise NotHere("torchvision is not installed, or not for this PyTorch") from error
    other = alexnet(weights=None).eval()
    own = our_module(config, load_spec(config.model, config.data), weights).state_dict()
    if not miss:  # it flattens by channels, height, width
        fc6 = own["fc6.weight"]
        own["fc6.weight"] = fc6.unflatten(1, (6, 6, 256)).permute(0, 3, 1, 2).flatten(1)
    other.load_state_dict(dict(zip(other.state_dict(), own.values(), strict=True)))
    return torch_logits(other, images)


CHECKS = [
    Check(
        model="alexnet",
        counted_by="torchvision's documentation, AlexNet_Weights.IMAGENET1K_V1",
        other="torchvision.models.alexnet",
        package="torchvision",
        near_miss="flattened by channels first",
        logits=torchvision_alexnet,
    ),
    Check(
        model="vgg19",
        counted_by="torchvision's documentation, VGG19_Weights.IMAGENET1K_V1",
        other="keras.applications.VGG19",
        package="keras",
        near_miss="its last two convolutions exchanged",
        logits=keras_vgg19,
    ),
    Check(
        model="resnet50",
        counted_by="torchvision's documentation, ResNet50_Weights.IMAGENET1K_V1",
        other="transformers.ResNetForImageClassification",
        package="transformers",
        near_miss="version 1: stride in the first 1 × 1 convolution",
        logits=transformers_resnet,
    ),
    Check(
        model="mobilenet",
        counted_by="keras.applications.MobileNet's trainable weights",
        other="keras.applications.MobileNet, mirrored",
        package="keras",
        near_miss="not mirrored: padded at the other sides",
        logits=keras_mobilenet,
    ),
]


def page(results: list[Result]) -> str:
    """The page's Markdown."""
    made = f"{datetime.now(UTC):%Y-%m-%d}, commit {(commit() or 'unknown')[:12]}"
    packages = dict.fromkeys(["torch", *(r.check.package for r in results if not r.why_not)])
    versions = ", ".join(f"{name} {_version(name)}" for name in packages)
    header = [
        *("model", "published parameters", "ours", "source of the count"),
        *("independent implementation", "difference of outputs", "a near miss", "differs by"),
    ]
    lines = [
        "# Architectures: our models are the published ones",
        "",
        f"Made by `make prove` on {made}; {versions}.",
        "",
        "At the published size, 224 × 224 pixels and 1000 classes. Weights, shifts and running "
        "statistics are drawn so that none is 0 or 1, and copied into an implementation that "
        "nobody here wrote; the difference is the relative norm of the logits of two images, in "
        f"float32 and evaluation mode, and must stay within {TOLERANCE:g}. That the check would "
        "see another architecture is shown by one that is almost the same. Ours is torch.py; that "
        "keras.py is the same computation is [parity](parity.md)'s to show.",
        "",
        "| " + " | ".join(header) + " |",
        "|" + " --- |" * len(header),
        *map(_row, results),
    ]
    return "\n".join(lines) + "\n"


def _row(result: Result) -> str:
    check = result.check
    if result.difference is None or result.near_miss is None:
        told = [f"not compared: {result.why_not}", check.near_miss, "–"]
    else:
        mark = "" if result.holds else " FAILED"
        told = [f"{result.difference:.1e}{mark}", check.near_miss, f"{result.near_miss:.1e}"]
    counts = [f"{result.published:,}", f"{result.ours:,}"]
    cells = [check.model, *counts, check.counted_by, f"`{check.other}`", *told]
    return "| " + " | ".join(cells) + " |"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "?"
