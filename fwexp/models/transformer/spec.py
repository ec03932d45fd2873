"""The transformer: a decoder language model of GPT-2's shape.

Token and position embeddings, `depth` causal blocks (fwexp/models/attention.py says what a block
is), a last LayerNorm and a dense head without bias. Positions are learned. The head is not tied to
the token embedding. With the key's bias at zero and an untied head it is GPT-2 (Radford et al.,
Language Models are Unsupervised Multitask Learners, 2019) with the exact gelu. No dropout.
"""

from dataclasses import dataclass

from fwexp.models.attention import block_layers, block_variables, check_sizes
from fwexp.models.differences import GELU, SPARSE_GRADIENT
from fwexp.models.spec import Variable, dense, embedding, layer_norm, named


@dataclass(frozen=True, kw_only=True)
class Spec:
    vocabulary_size: int
    sequence_length: int  # tokens: inputs are (batch, sequence_length)
    width: int = 64
    depth: int = 2
    num_heads: int = 4

    declared_differences = (SPARSE_GRADIENT, GELU)

    def __post_init__(self) -> None:
        check_sizes(width=self.width, depth=self.depth, num_heads=self.num_heads)

    def variables(self) -> dict[str, Variable]:
        positions = Variable(shape=(self.sequence_length, self.width), initializer="normal_002")
        variables = named("tokens", embedding(self.vocabulary_size, self.width))
        variables |= named("positions", {"table": positions})
        for block in self.block_names():
            variables |= block_variables(block, width=self.width)
        variables |= named("norm", layer_norm(self.width))
        head = dense(self.width, self.vocabulary_size, initializer="glorot_uniform")
        return variables | named("head", {"kernel": head["kernel"]})

    def block_names(self) -> list[str]:
        return [f"block{i}" for i in range(self.depth)]

    def blocks(self) -> list[str]:
        body = [layer for block in self.block_names() for layer in block_layers(block)]
        return ["tokens", "positions", *body, "norm", "head"]
