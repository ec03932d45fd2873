"""`python -m fwexp` is `fwexp`."""

from fwexp.cli import main

main()
