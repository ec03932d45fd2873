"""Prints how far our transformer's logits are from those of Hugging Face's GPT-2, same weights."""

import torch
from transformers import GPT2Config, GPT2LMHeadModel

from fwexp.models.initialization import generic_weights
from fwexp.models.torch_names import named_tensors
from fwexp.models.transformer.spec import Spec
from fwexp.models.transformer.torch import build

SPEC = Spec(vocabulary_size=50, sequence_length=24, width=48, depth=3, num_heads=4)
HEAD = {"tokens.embeddings": "wte.weight", "positions.table": "wpe.weight"}
NORMS = {"norm1": "ln_1", "norm2": "ln_2", "norm": "ln_f"}
DENSE = {"output": "attn.c_proj", "expand": "mlp.c_fc", "contract": "mlp.c_proj"}
NORM_LEAVES = {"gamma": "weight", "beta": "bias"}


def theirs() -> GPT2LMHeadModel:
    config = GPT2Config(
        vocab_size=SPEC.vocabulary_size,
        n_positions=SPEC.sequence_length,
        n_embd=SPEC.width,
        n_layer=SPEC.depth,
        n_head=SPEC.num_heads,
        activation_function="gelu",  # the erf form, which ours is
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=None,
    )
    return GPT2LMHeadModel(config).eval()


def their_weights(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Ours under their names; query, key and value side by side, the key's bias 0."""
    named = {"lm_head.weight": weights["head.kernel"].T}
    named |= {f"transformer.{their}": weights[our] for our, their in HEAD.items()}
    for our, leaf in NORM_LEAVES.items():
        named[f"transformer.ln_f.{leaf}"] = weights[f"norm.{our}"]
    for i in range(SPEC.depth):
        block, to = f"block{i}", f"transformer.h.{i}"
        for norm in ("norm1", "norm2"):
            for our, leaf in NORM_LEAVES.items():
                named[f"{to}.{NORMS[norm]}.{leaf}"] = weights[f"{block}.{norm}.{our}"]
        for layer, their in DENSE.items():
            named[f"{to}.{their}.weight"] = weights[f"{block}.{layer}.kernel"]
            named[f"{to}.{their}.bias"] = weights[f"{block}.{layer}.bias"]
        three = [weights[f"{block}.{part}.kernel"] for part in ("query", "key", "value")]
        query, value = weights[f"{block}.query.bias"], weights[f"{block}.value.bias"]
        named[f"{to}.attn.c_attn.weight"] = torch.cat(three, dim=1)
        named[f"{to}.attn.c_attn.bias"] = torch.cat([query, torch.zeros_like(query), value])
    return named


def main() -> None:
    arrays = generic_weights(SPEC.variables(), seed=0)
    ours, other = build(SPEC).double(), theirs().double()
    for named in named_tensors(ours):
        named.write(arrays[named.name])
    other.load_state_dict(their_weights({n: torch.from_numpy(a) for n, a in arrays.items()}))
    size = (8, SPEC.sequence_length)
    tokens = torch.randint(SPEC.vocabulary_size, size, generator=torch.Generator().manual_seed(0))
    for dtype in (torch.float64, torch.float32):
        with torch.no_grad():
            a, b = ours.to(dtype)(tokens), other.to(dtype)(tokens).logits
        print(str(dtype).removeprefix("torch."), float((a - b).norm() / b.norm()))


if __name__ == "__main__":
    main()
