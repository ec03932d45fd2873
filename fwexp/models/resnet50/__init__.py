"""ResNet-50, version 1.5: sixteen bottleneck blocks with shortcuts."""
