"""The mlp with dropout, whose masks a resumed training must draw as it would have."""
