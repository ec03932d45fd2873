"""GNMT v2: LSTM stacks with normalised Bahdanau attention, for translation."""
