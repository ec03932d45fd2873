"""A run's configuration: composed from conf/ and overrides, typed and checked."""
