"""Overrides become a typed configuration, or every problem in them at once."""

from pathlib import Path

import pytest

from fwexp.config.load import check_sweep, compose
from fwexp.config.schema import Config
from fwexp.errors import ConfigError

OPTIMIZERS = "Choose from: adam, adamw, momentum, sgd."


def problems_of(*overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        compose(overrides)
    return raised.value.problems


def test_the_default_run_is_typed() -> None:
    config = compose([])
    assert isinstance(config, Config)
    assert (config.framework.name, config.model.name, config.data.name) == (
        "torch",
        "cnn",
        "digits",
    )
    assert config.hardware.num_threads is None


def test_overrides_arrive() -> None:
    config = compose(["framework=tf", "optimizer=adamw", "optimizer.learning_rate=3e-4", "seed=7"])
    assert (config.framework.name, config.seed) == ("tf", 7)
    assert config.optimizer.learning_rate == 3e-4
    assert config.optimizer.weight_decay == 0.01


@pytest.mark.parametrize(
    "override",
    [
        "model.options.mine=1",
        "+model.options.mine=1",
        "++model.options.mine=1",
        "model.options={mine: 1}",
        "model={options: {mine: 1}}",
    ],
)
def test_a_models_own_options_are_free(override: str) -> None:
    assert compose([override]).model.options == {"width": 32, "depth": 3, "mine": 1}


def test_a_models_option_can_be_taken_away() -> None:
    assert compose(["~model.options.depth"]).model.options == {"width": 32}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("modle=cnn", "there is no config group or key 'modle'. Did you mean 'model'?"),
        ("model=cnnn", "there is no model 'cnnn'. Did you mean 'cnn'?"),
        ("optimizer=lbfgs", f"there is no optimizer 'lbfgs'. {OPTIMIZERS}"),
        ("optimizer=1", f"there is no optimizer '1'. {OPTIMIZERS}"),
        ("optimizer=null", f"no option was named. {OPTIMIZERS}"),
        (
            "hardware/cpu=x",
            "there is no config group or key 'hardware/cpu'. Did you mean 'hardware'?",
        ),
        ("model@data=cnn", "there is no config group or key 'model@data'. Did you mean 'model'?"),
        (
            "optimizer.learning_rat=1",
            "there is no key 'learning_rat' in optimizer. Did you mean 'learning_rate'?",
        ),
        (
            "optimizer.schedule.nam=cosine",
            "there is no key 'nam' in optimizer.schedule. Did you mean 'name'?",
        ),
        (
            "launcher.zzz=1",
            "there is no key 'zzz' in launcher. Choose from: "
            "blocks_per_job, checkpoint_every_min, name, site.",
        ),
        (
            "launcher={zzz: 1}",
            "there is no key 'zzz' in launcher. Choose from: "
            "blocks_per_job, checkpoint_every_min, name, site.",
        ),
        ("+sede=1", "there is no config group or key 'sede'. Did you mean 'seed'?"),
        ("++sede=1", "there is no config group or key 'sede'. Did you mean 'seed'?"),
        (
            "++framework.nam=tf",
            "there is no key 'nam' in framework. Did you mean 'name'?",
        ),
        (
            "+framework={nam: tf}",
            "'framework' already exists. Type it without the +.",
        ),
        ("+seed=1", "'seed' already exists. Type it without the +."),
        ("~seed", "a run needs its seed; set it to another value instead."),
        ("~model", "a run needs its model; set it to another value instead."),
        ("seed=one", "seed must be a whole number, not 'one'."),
        ("seed=1.5", "seed must be a whole number, not 1.5."),
        ("seed=null", "seed must be a whole number, not null."),
        ("seed.x=1", "seed is a single value and has no 'x'."),
        (
            "training.num_epochs=many",
            "training.num_epochs must be a number, not 'many'.",
        ),
        (
            "pricing.includes_host=maybe",
            "pricing.includes_host must be true or false, not 'maybe'.",
        ),
        ("data.mean=[a]", "data.mean must be a list, each a number, not ['a']."),
        ("model.options=3", "model.options must be a mapping, not 3."),
        ("model.options.a=[1]", "model.options.a must be a plain value, not [1]."),
        ("seed=1,2", "several values make a sweep: add -m, or choose one."),
        ("seed=range(3)", "several values make a sweep: add -m, or choose one."),
        ("cnn", "an override is written key=value, as in model=cnn."),
        (
            "seed=[",
            "this cannot be read as key=value (no viable alternative at input '['). "
            "Quote the value?",
        ),
        ("hydra.searchpath=[x]", "name your folder with --config-dir instead."),
    ],
)
def test_a_mistake_in_an_override(override: str, message: str) -> None:
    (problem,) = problems_of(override)
    assert problem == f"{override}: {message}"


def test_without_a_near_match_every_choice_is_listed() -> None:
    assert problems_of("xyz=1") == [
        "xyz=1: there is no config group or key 'xyz'. Choose from: comparison, data, execution, "
        "framework, hardware, launcher, model, optimizer, precision, preset, pricing, seed, store, "
        "tracking, training."
    ]


def test_a_value_left_open() -> None:
    assert problems_of("training.batch_size=???", "seed=-1") == [
        "training.batch_size: no value was given. Type training.batch_size=… or add it to the "
        "option's file.",
        "seed=-1: must be from 0 to 4294967295.",
    ]


def test_a_reference_that_leads_nowhere() -> None:
    assert problems_of("seed=${training.batch}") == [
        "Interpolation key 'training.batch' not found full_key: seed"
    ]
    assert compose(["seed=${training.batch_size}"]).seed == 64


def test_all_problems_at_once() -> None:
    assert problems_of(
        "modle=mlp", "seed=-1", "training.batch_size=x", "precision=fp16", "+foo.bar=1"
    ) == [
        "modle=mlp: there is no config group or key 'modle'. Did you mean 'model'?",
        "training.batch_size=x: training.batch_size must be a whole number, not 'x'.",
        "+foo.bar=1: there is no key 'foo'. Choose from: comparison, data, execution, framework, "
        "hardware, launcher, model, optimizer, precision, pricing, seed, store, tracking, "
        "training.",
        "seed=-1: must be from 0 to 4294967295.",
        "precision=fp16 on cpu is refused: Lightning would train bf16 while Keras trains fp16; "
        "use bf16 or fp32.",
    ]


@pytest.mark.parametrize(
    "overrides",
    [
        ("optimizer=momentun", "optimizer.momentum=0.9"),
        ("optimzer=momentum", "optimizer.momentum=0.9"),
        ("training.num_stepz=9", "training.num_epochs=null"),
    ],
)
def test_a_mistake_has_no_echo(overrides: tuple[str, ...]) -> None:
    """The default that stands where a refused override was gives no complaint of its own."""
    (problem,) = problems_of(*overrides)
    assert problem.startswith(overrides[0])


def test_hydras_own_mistakes_are_told_too() -> None:
    assert problems_of("hydra.nothing=1", "seed=-1") == [
        "Could not override 'hydra.nothing'. To append to your config use +hydra.nothing=1 "
        "Key 'nothing' not in 'HydraConf' full_key: hydra.nothing",
        "seed=-1: must be from 0 to 4294967295.",
    ]


def test_every_value_of_a_sweep_is_checked() -> None:
    check_sweep(["seed=range(3)", "model=mlp,cnn", "optimizer.learning_rate=0.1,0.2"])
    with pytest.raises(ConfigError) as raised:
        check_sweep(["seed=1,x", "model=mlp,cnnn", "model=choice(cnn,mpl)", "sed=3", "seed=["])
    assert raised.value.problems == [
        "seed=x: seed must be a whole number, not 'x'.",
        "model=cnnn: there is no model 'cnnn'. Did you mean 'cnn'?",
        "model=mpl: there is no model 'mpl'. Did you mean 'mlp'?",
        "sed=3: there is no config group or key 'sed'. Did you mean 'seed'?",
        "seed=[: this cannot be read as key=value (no viable alternative at input '['). "
        "Quote the value?",
    ]


def test_composing_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    compose(["seed=1"])
    problems_of("seed=x")
    assert list(tmp_path.iterdir()) == []
