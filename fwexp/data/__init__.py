"""Data sets as NumPy arrays, with the hash of their content and where they came from."""
