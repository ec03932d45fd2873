"""What both halves are built from; the names are those of Hugging Face's GPT2LMHeadModel.

Small, with random weights; no dropout; the head is not tied to the token embedding.
"""

from dataclasses import dataclass

from fwexp.models.differences import SPARSE_GRADIENT
from fwexp.models.spec import Variable, embedding, layer_norm, named


def dense(num_in: int, num_out: int) -> dict[str, Variable]:
    return {
        "kernel": Variable(shape=(num_in, num_out), initializer="normal_002"),
        "bias": Variable(shape=(num_out,), initializer="zeros"),
    }


@dataclass(frozen=True, kw_only=True)
class Spec:
    vocabulary_size: int  # these two come from the data set
    sequence_length: int
    width: int = 32  # and these from conf/model/hf_gpt2.yaml
    depth: int = 2
    num_heads: int = 4

    # What the halves do differently although they compute the same; a write-up says so.
    declared_differences = (
        SPARSE_GRADIENT,
        "PyTorch looks up each position's vector in an embedding; Keras adds the whole table.",
    )

    def variables(self) -> dict[str, Variable]:
        width = self.width
        variables = {
            **named("transformer.wte", embedding(self.vocabulary_size, width)),
            **named("transformer.wpe", embedding(self.sequence_length, width)),
        }
        for i in range(self.depth):
            block = f"transformer.h.{i}"
            variables |= {
                **named(f"{block}.ln_1", layer_norm(width)),
                **named(f"{block}.attn.c_attn", dense(width, 3 * width)),
                **named(f"{block}.attn.c_proj", dense(width, width)),
                **named(f"{block}.ln_2", layer_norm(width)),
                **named(f"{block}.mlp.c_fc", dense(width, 4 * width)),
                **named(f"{block}.mlp.c_proj", dense(4 * width, width)),
            }
        head = Variable(shape=(width, self.vocabulary_size), initializer="normal_002")
        return {
            **variables,
            **named("transformer.ln_f", layer_norm(width)),
            "lm_head.kernel": head,
        }

    def blocks(self) -> list[str]:
        layers = ("ln_1", "attn.c_attn", "attn.c_proj", "ln_2", "mlp.c_fc", "mlp.act", "mlp.c_proj")
        blocks = [f"transformer.h.{i}" for i in range(self.depth)]
        body = [name for b in blocks for name in (*(f"{b}.{layer}" for layer in layers), b)]
        return ["transformer.wte", *body, "transformer.ln_f", "lm_head"]
