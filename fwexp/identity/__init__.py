"""What a result rests on: the code, the libraries and the variables that decide it."""
