"""The ncf: NeuMF, a matrix factorization beside a dense tower, joined by one dense unit.

Source: He, Liao, Zhang, Nie, Hu and Chua, Neural Collaborative Filtering, 2017. The published size
is that of MLPerf Training v0.5 (its reference's recommendation/pytorch/neumf.py, run with
`-f 64 -l 256 256 128 64` on MovieLens 20M): 31,832,577 parameters, of which
(138,493 users + 26,744 items) · (64 + 128) in embeddings, 256·256 + 256 + 256·128 + 128 +
128·64 + 64 in the tower and (64 + 64) + 1 in the last unit.

- Each half has embeddings of its own: `num_factors` wide in the factorization, and half of the
  tower's first size in the tower, whose input is the user's beside the item's.
- Embeddings start normal with deviation 0.01, dense layers glorot-uniform, as there; the last unit,
  lecun-uniform there, is glorot-uniform here.
- An embedding's gradient is dense in both frameworks, as torch's is unless told otherwise: Adam's
  moments, and momentum, move every row at every step, also those of users not in the batch.
  TensorFlow's comes as slices, which the trainer adds up first; Keras's own Adam would square each
  slice by itself, and so miscount a user that is in the batch twice. The sum costs a copy of each
  table a step.
- No regularisation, no dropout, no pretraining of the halves.
"""

from dataclasses import dataclass

from fwexp.models.differences import SPARSE_GRADIENT
from fwexp.models.spec import Variable, dense, named

PUBLISHED_PARAMETERS = 31_832_577


@dataclass(frozen=True, kw_only=True)
class Spec:
    num_users: int
    num_items: int
    num_factors: int = 8
    tower: str = "64-32-16-8"  # the sizes of its input and of its layers, in their order

    declared_differences = (SPARSE_GRADIENT,)

    def __post_init__(self) -> None:
        sizes = self.tower.split("-")
        if not all(size.isascii() and size.isdigit() and int(size) > 0 for size in sizes):
            raise ValueError(f"tower={self.tower}: type sizes of at least 1, as in 64-32-16-8")
        if len(sizes) < 2 or int(sizes[0]) % 2:
            raise ValueError(
                f"tower={self.tower}: its first size, half the user's and half the item's, is even "
                "and others follow, as in 64-32-16-8"
            )
        if self.num_factors < 1:
            raise ValueError("num_factors must be at least 1")

    def sizes(self) -> list[int]:
        """The sizes of the tower's input and of its layers."""
        return [int(size) for size in self.tower.split("-")]

    def depth(self) -> int:
        """How many dense layers the tower has."""
        return len(self.sizes()) - 1

    def embeddings(self) -> dict[str, tuple[int, int]]:
        """Rows and width of each embedding, by its name."""
        half = self.sizes()[0] // 2
        return {
            "factor_user": (self.num_users, self.num_factors),
            "factor_item": (self.num_items, self.num_factors),
            "tower_user": (self.num_users, half),
            "tower_item": (self.num_items, half),
        }

    def variables(self) -> dict[str, Variable]:
        sizes = self.sizes()
        variables: dict[str, Variable] = {}
        for name, shape in self.embeddings().items():
            table = Variable(shape=shape, initializer="normal_002", factor=0.5)
            variables |= named(name, {"embeddings": table})
        for i in range(self.depth()):
            layer = dense(sizes[i], sizes[i + 1], initializer="glorot_uniform")
            variables |= named(f"dense{i}", layer)
        head = dense(self.num_factors + sizes[-1], 1, initializer="glorot_uniform")
        return variables | named("head", head)

    def blocks(self) -> list[str]:
        tower = [f"{layer}{i}" for i in range(self.depth()) for layer in ("dense", "relu")]
        return [*self.embeddings(), "product", *tower, "head"]
