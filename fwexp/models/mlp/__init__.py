"""Dense layers with ReLU."""
