"""A number and what is counted: "1 run", "1,200 runs"."""


def counted(number: int, noun: str) -> str:
    """The number with the noun, which takes an s unless there is one."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
