"""Tokens and labels that are not words."""

PAD = 0  # after a sentence's end; it influences nothing before it
UNKNOWN = 1
BOS = 2  # begins the target that the decoder reads
EOS = 3  # ends the source, and the target that the decoder predicts

IGNORED = -1  # the label of a padded position, which counts in no loss and no metric
