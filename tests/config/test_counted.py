from fwexp.config.counted import counted


def test_one_is_no_plural() -> None:
    found = [counted(number, "run") for number in (0, 1, 2, 1200)]
    assert found == ["0 runs", "1 run", "2 runs", "1,200 runs"]
