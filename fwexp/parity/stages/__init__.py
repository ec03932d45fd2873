"""The stages of a certificate, by what they compare; each gives its Stage, or None where there is
nothing to compare."""
