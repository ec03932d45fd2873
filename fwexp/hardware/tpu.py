"""Google's TPUs; each framework needs a build of its own for them."""

from importlib.util import find_spec

from fwexp.hardware.assigned import assigned_cores
from fwexp.hardware.kind import Build, HardwareKind

TORCH_PROBE = """
import json, importlib.util
if importlib.util.find_spec("torch_xla"):
    import torch_xla.core.xla_model as xm
    devices = [str(d) for d in xm.get_xla_supported_devices("TPU") or []]
else:
    import torch, torch_tpu
    devices = [f"tpu:{i}" for i in range(torch.tpu.device_count())]
print(json.dumps({"devices": devices, "capability": None}))
"""
TF_PROBE = """
import json, tensorflow as tf
resolver = tf.distribute.cluster_resolver.TPUClusterResolver(tpu="local")
tf.config.experimental_connect_to_cluster(resolver)
tf.tpu.experimental.initialize_tpu_system(resolver)
devices = [d.name for d in tf.config.list_logical_devices("TPU")]
print(json.dumps({"devices": devices, "capability": None}))
"""


def _why_no_torch_build() -> str:
    from importlib.metadata import version  # here, as it takes 10 ms and every command comes by

    has_xla = find_spec("torch_xla") is not None
    if has_xla or (find_spec("torch_tpu") is not None and find_spec("libtpu") is not None):
        return ""
    return (
        "framework=torch hardware=tpu needs torch_xla 2.9 with torch 2.9, or torch_tpu + libtpu "
        f"(torch 2.11-2.15); found torch {version('torch')} and neither."
    )


def _why_no_tf_build() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        version("tensorflow-tpu")
    except PackageNotFoundError:
        return (
            f"framework=tf hardware=tpu: this TensorFlow ({version('tensorflow')}) has no TPU "
            "kernels; tensorflow-tpu with a matching libtpu is needed."
        )
    return ""


TPU = HardwareKind(
    name="tpu",
    title="TPU",
    is_accelerator=True,
    device_types={"torch": "xla", "tf": "TPU"},
    lightning_accelerator="tpu",
    lightning_strategy="single_xla",
    torch_is_lazy=True,
    why_one_torch_device=(
        "Lightning's XLAStrategy trains in processes of its own, from which no measurements return"
    ),
    keras_strategy="TPUStrategy",
    refused_precisions={
        "tf32": "TF32 is an NVIDIA Ampere-or-newer mode.",
        "fp16": "a TPU has no float16 arithmetic; use bf16 or fp32.",
    },
    probes={"torch": TORCH_PROBE, "tf": TF_PROBE},
    builds={
        "torch": Build(packages=("torch-xla", "torch-tpu"), why_missing=_why_no_torch_build),
        "tf": Build(packages=("tensorflow-tpu",), why_missing=_why_no_tf_build),
    },
    metering="none",
    assigned=assigned_cores,
)
