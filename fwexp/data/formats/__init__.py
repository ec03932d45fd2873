"""How a data set's files decode: one module per format, which data.format names."""
