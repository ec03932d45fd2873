"""GPT-2: Hugging Face's own in PyTorch, and its counterpart in Keras."""
