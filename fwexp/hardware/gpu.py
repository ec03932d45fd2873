"""NVIDIA GPUs."""

from fwexp.hardware.assigned import assigned_by
from fwexp.hardware.kind import HardwareKind

TORCH_PROBE = """
import json, torch
n = torch.cuda.device_count()
print(json.dumps({"devices": [torch.cuda.get_device_name(i) for i in range(n)],
                  "capability": list(torch.cuda.get_device_capability(0)) if n else None}))
"""
TF_PROBE = """
import json, tensorflow as tf
gpus = [tf.config.experimental.get_device_details(g)
        for g in tf.config.list_physical_devices("GPU")]
print(json.dumps({"devices": [g.get("device_name", "GPU") for g in gpus],
                  "capability": list(gpus[0].get("compute_capability", ())) if gpus else None}))
"""


def _assigned() -> str:
    return assigned_by("FWEXP_GPUS", "CUDA_VISIBLE_DEVICES")  # a container may renumber them


GPU = HardwareKind(
    name="gpu",
    title="GPU",
    is_accelerator=True,
    device_types={"torch": "cuda", "tf": "GPU"},
    lightning_accelerator="gpu",
    torch_backend="nccl",
    tf_takes_all=True,
    probes={"torch": TORCH_PROBE, "tf": TF_PROBE},
    metering="nvidia-smi",
    assigned=_assigned,
)
