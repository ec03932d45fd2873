from fwexp.commands.axis_counts import axis_values


def config(model: str, *, width: int = 8, batch: int = 32, seed: int = 0) -> dict[str, object]:
    return {
        "framework": {"name": "torch"},
        "model": {"name": model, "options": {"width": width}},
        "training": {"name": "short", "batch_size": batch},
        "seed": seed,
    }


def test_a_group_varies_by_its_options_name_alone() -> None:
    runs = {"a": config("mlp", width=8), "b": config("cnn", width=3)}
    assert axis_values(runs) == {"model.name": {"mlp": ["a"], "cnn": ["b"]}}


def test_a_field_varies_where_it_does_under_one_name() -> None:
    runs = {"a": config("mlp"), "b": config("mlp", batch=64), "c": config("mlp", seed=1)}
    assert axis_values(runs) == {
        "training.batch_size": {"32": ["a", "c"], "64": ["b"]},
        "seed": {"0": ["a", "b"], "1": ["c"]},
    }


def test_one_run_varies_in_nothing() -> None:
    assert axis_values({"a": config("mlp")}) == {}
