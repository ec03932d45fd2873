"""What each precision means to the frameworks and to the hardware."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PrecisionKind:
    """One entry of the table below."""

    name: str  # as typed in precision=…
    title: str  # as readers know it
    lightning: str  # the precision argument of Lightning's Trainer
    keras_policy: str
    compute_dtype: str  # of a layer's outputs
    rounding: float  # between two neighbouring numbers, relative
    tf32: bool = False  # float32 matrix products may round to TF32
    scales_loss: bool = False  # lest small gradients vanish
    min_capability: tuple[int, int] | None = None  # CUDA compute capability; None: any will do

    @property
    def is_mixed(self) -> bool:
        """Whether layers compute in fewer bits than the weights have."""
        return self.compute_dtype != "float32"


PRECISIONS: dict[str, PrecisionKind] = {
    kind.name: kind
    for kind in (
        PrecisionKind(
            name="fp32",
            title="fp32",
            lightning="32-true",
            keras_policy="float32",
            compute_dtype="float32",
            rounding=2.0**-23,
        ),
        PrecisionKind(
            name="tf32",
            title="TF32",
            lightning="32-true",
            keras_policy="float32",
            compute_dtype="float32",
            rounding=2.0**-10,
            tf32=True,
            min_capability=(8, 0),
        ),
        PrecisionKind(
            name="bf16",
            title="bf16",
            lightning="bf16-mixed",
            keras_policy="mixed_bfloat16",
            compute_dtype="bfloat16",
            rounding=2.0**-7,
            min_capability=(8, 0),
        ),
        PrecisionKind(
            name="fp16",
            title="fp16",
            lightning="16-mixed",
            keras_policy="mixed_float16",
            compute_dtype="float16",
            rounding=2.0**-10,
            scales_loss=True,
        ),
    )
}
