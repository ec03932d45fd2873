"""What implementations do differently although they compute the same, in a reader's words.

Only text: a spec declares these, a write-up prints them, and no result depends on them.
"""

PADDING = (
    "Where a convolution has a stride, Keras pads the images in an operation of its own, because "
    "TensorFlow's own padding is uneven there; PyTorch pads within the convolution."
)
SECOND_BIAS = (
    "PyTorch's LSTM adds a second bias, which is kept at zero and not trained; Keras's has one."
)
SPARSE_GRADIENT = (
    "TensorFlow computes an embedding's gradient as slices, which are summed into a dense one "
    "before each step, at the cost of a copy of the table; PyTorch's is dense from the start."
)
GELU = (
    "Keras computes GELU operation by operation, because its own rounds a constant to float32; "
    "PyTorch's is a single operation."
)
POOL_PADDING = (
    "The stem's max pooling pads with zeros in Keras and with −∞ in PyTorch, which is the same "
    "after a ReLU."
)
