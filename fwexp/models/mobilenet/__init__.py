"""MobileNet, version 1: thirteen depthwise separable convolutions."""
