"""The encoder: a classifier of images, cut into patches, or of texts, token by token.

Patches through one dense layer, as the Vision Transformer's (Dosovitskiy et al., An Image is Worth
16x16 Words, 2021), or a token embedding; learned positions; `depth` blocks in which every position
attends to every other (fwexp/models/attention.py says what a block is); a last LayerNorm; the mean
over all positions instead of a class token; a dense head. Texts have one length, so nothing is
padded or masked. No dropout.
"""

from dataclasses import dataclass

from fwexp.models.attention import block_layers, block_variables, check_sizes
from fwexp.models.differences import GELU, SPARSE_GRADIENT
from fwexp.models.spec import Variable, dense, embedding, layer_norm, named


@dataclass(frozen=True, kw_only=True)
class Spec:
    num_classes: int
    image_shape: tuple[int, ...] | None = None  # height, width, channels; None: a text
    vocabulary_size: int | None = None
    sequence_length: int | None = None
    patch_size: int = 4  # pixels each way; of images only
    width: int = 64
    depth: int = 2
    num_heads: int = 4

    def __post_init__(self) -> None:
        check_sizes(width=self.width, depth=self.depth, num_heads=self.num_heads)
        if self.image_shape is None:
            if self.vocabulary_size is None or self.sequence_length is None:
                raise ValueError("the data set has neither images nor texts of a fixed length")
        elif self.patch_size < 1 or any(side % self.patch_size for side in self.image_shape[:2]):
            height, width = self.image_shape[:2]
            raise ValueError(f"patch_size={self.patch_size} must divide {height} and {width}")

    @property
    def declared_differences(self) -> tuple[str, ...]:
        return (GELU,) if self.image_shape else (SPARSE_GRADIENT, GELU)

    def num_positions(self) -> int:
        """Patches or tokens."""
        if self.image_shape is None:
            assert self.sequence_length is not None
            return self.sequence_length
        height, width = (side // self.patch_size for side in self.image_shape[:2])
        return height * width

    def variables(self) -> dict[str, Variable]:
        positions = Variable(shape=(self.num_positions(), self.width), initializer="normal_002")
        variables = self._embedding() | named("positions", {"table": positions})
        for block in self.block_names():
            variables |= block_variables(block, width=self.width)
        head = dense(self.width, self.num_classes, initializer="glorot_uniform")
        return variables | named("norm", layer_norm(self.width)) | named("head", head)

    def _embedding(self) -> dict[str, Variable]:
        if self.image_shape is None:
            assert self.vocabulary_size is not None
            return named("tokens", embedding(self.vocabulary_size, self.width))
        size = self.patch_size**2 * self.image_shape[2]
        return named("patches", dense(size, self.width, initializer="glorot_uniform"))

    def block_names(self) -> list[str]:
        return [f"block{i}" for i in range(self.depth)]

    def blocks(self) -> list[str]:
        body = [layer for block in self.block_names() for layer in block_layers(block)]
        first = "tokens" if self.image_shape is None else "patches"
        return [first, "positions", *body, "norm", "mean", "head"]
