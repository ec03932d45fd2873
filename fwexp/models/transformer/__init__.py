"""A decoder language model: causal transformer blocks over tokens."""
