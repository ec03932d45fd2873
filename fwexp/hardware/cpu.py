"""The machine's own processor; it is always there, so it has no probe."""

from fwexp.hardware.assigned import assigned_cores
from fwexp.hardware.kind import HardwareKind

CPU = HardwareKind(
    name="cpu",
    title="CPU",
    is_accelerator=False,
    device_types={"torch": "cpu", "tf": "CPU"},
    lightning_accelerator="cpu",
    refused_precisions={
        "tf32": "TF32 is an NVIDIA Ampere-or-newer mode.",
        "fp16": "Lightning would train bf16 while Keras trains fp16; use bf16 or fp32.",
    },
    metering="cores",
    assigned=assigned_cores,
)
