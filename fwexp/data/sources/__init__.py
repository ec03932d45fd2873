"""Where a data set's original files may come from: one module per kind."""
