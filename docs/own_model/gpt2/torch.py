"""The torch half: Hugging Face's GPT-2 as it is, made to give back its logits alone."""

from torch import Tensor, nn
from transformers import GPT2Config, GPT2LMHeadModel
from transformers.pytorch_utils import Conv1D

from fwexp.models.torch_names import LEAVES

from .spec import Spec

# A layer type that fwexp does not know: what the spec calls its weight, and how its axes lie.
# This one already keeps its weight as (in, out), so nothing is transposed.
LEAVES[Conv1D] = {"weight": ("kernel", None)}


class Gpt2(GPT2LMHeadModel):
    """Tokens (batch, positions) → logits (batch, positions, vocabulary)."""

    def forward(self, tokens: Tensor) -> Tensor:
        return super().forward(tokens, use_cache=False).logits


def build(spec: Spec) -> nn.Module:
    config = GPT2Config(
        vocab_size=spec.vocabulary_size,
        n_positions=spec.sequence_length,
        n_embd=spec.width,
        n_layer=spec.depth,
        n_head=spec.num_heads,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=None,
        eos_token_id=None,
        tie_word_embeddings=False,
    )
    config._attn_implementation = "eager"  # written out, as in keras.py; not the fused kernel
    return Gpt2(config)
