"""Tokens and labels that stand for no word."""

PAD = 0  # after a sentence's end; what is there has no influence on anything before it
UNKNOWN = 1
BOS = 2  # begins the target that the decoder is given
EOS = 3  # ends the source, and the target that it is to give

IGNORED = -1  # the label of a padded place, which counts neither in a loss nor in a metric
