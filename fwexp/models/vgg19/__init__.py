"""VGG-19: sixteen 3×3 convolutions in five stages, three dense layers."""
