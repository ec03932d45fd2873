"""The verses out of made-up SWORD modules, and their tokens."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from fwexp.data.arrays import content_sha256
from fwexp.data.dataset import load
from fwexp.data.faults import DamagedFile, MissingFiles
from fwexp.data.formats import verses
from fwexp.data.formats.sentence_pairs import Sizes, encode_pairs, unique_pairs
from fwexp.data.formats.sword import plain_text, read_verses
from fwexp.data.preparation import prepare
from fwexp.data.tokens import BOS, EOS, IGNORED, PAD

SIZES = Sizes(max_words=6, max_tokens=16, vocabulary_size=48, num_test=4)


def write_module(folder: Path, books: list[list[str]]) -> Path:
    """A zText module whose old testament is these entries, book by book; its new one is empty."""
    folder.mkdir(parents=True)
    places = index = packed = b""
    for number, entries in enumerate(books):
        text = b""
        for entry in entries:
            raw = entry.encode()
            index += struct.pack("<IIH", number, len(text), len(raw))
            text += raw
        stream = zlib.compress(text)
        places += struct.pack("<III", len(packed), len(stream), len(text))
        packed += stream
    for ending, content in (("bzs", places), ("bzv", index), ("bzz", packed)):
        (folder / f"ot.{ending}").write_bytes(content)
        (folder / f"nt.{ending}").write_bytes(b"")
    return folder


def book(name: str, *chapters: list[str]) -> list[str]:
    entries = [
        f'<div canonical="true" osisID="{name}" sID="b" type="book"/> <title>A title</title>'
    ]
    for number, texts in enumerate(chapters, start=1):
        entries += [f'<chapter n="{number}" osisID="{name}.{number}" sID="c"/>', *texts]
    return entries


def test_verses_are_numbered_by_the_headings(tmp_path: Path) -> None:
    genesis = book("Gen", ["One.", "", "Three."], ['End. <div eID="b" type="book"/>'])
    module = write_module(tmp_path / "m", [["", "Preface."], genesis, book("Exod", ["Four."])])
    wanted = {"Gen.1.1": "One.", "Gen.1.3": "Three.", "Gen.2.1": "End.", "Exod.1.1": "Four."}
    assert read_verses(module) == wanted


@pytest.mark.parametrize(
    ("osis", "text"),
    [
        ('<w lemma="x">In</w> <w>the</w> beginning, ', "In the beginning,"),
        ("God<note><reference>1:1 </reference>A note.</note><w>created</w>", "God created"),
        ("light<note>A note.</note>. <lb/><title>Next</title>", "light."),
        ('<l sID="1"/><q who="Jesus">“Blessed</q> <l eID="1"/><l sID="2"/>are', "“Blessed are"),
    ],
)
def test_markup_notes_and_headings_are_left_out(osis: str, text: str) -> None:
    assert plain_text(osis) == text


def test_a_damaged_text_is_named(tmp_path: Path) -> None:
    module = write_module(tmp_path / "m", [book("Gen", ["One."])])
    file = module / "ot.bzz"
    file.write_bytes(file.read_bytes()[:-3])
    with pytest.raises(DamagedFile, match=r"ot\.bzz is not the text of a SWORD module \(Error -5"):
        read_verses(module)


def test_missing_files_are_named(tmp_path: Path) -> None:
    write_module(tmp_path / "modules/texts/ztext/engWEB2015eb", [])
    with pytest.raises(MissingFiles) as caught:
        verses.decode(tmp_path)
    assert caught.value.names == [
        f"modules/texts/ztext/spaRV1909eb/{testament}.{ending}"
        for testament in ("ot", "nt")
        for ending in ("bzs", "bzv", "bzz")
    ]


def test_a_verse_that_only_one_has_is_no_pair(tmp_path: Path) -> None:
    english = write_module(tmp_path / "e", [book("Gen", ["One.", "Two."], ["One."])])
    spanish = write_module(tmp_path / "s", [book("Gen", ["Uno.", ""], ["Otra."])])
    assert verses.read_pairs(english, spanish) == [("One.", "Uno.")]  # Gen.2.1: wording known


def test_the_first_of_equal_sources_stays() -> None:
    assert unique_pairs([("a", "1"), ("b", "2"), ("a", "3")]) == [("a", "1"), ("b", "2")]


@pytest.fixture(scope="module")
def pairs() -> list[tuple[str, str]]:
    names = ["Ana", "Noé", "Sara", "Abel", "Lot"]
    some = [(f"{a} saw {b}.", f"{a} vió á {b}.") for a in names for b in names if a != b]
    return [*some, ("too many words for a line here", "corto")]


def test_the_arrays_of_sentence_pairs(pairs: list[tuple[str, str]]) -> None:
    import sentencepiece

    arrays = encode_pairs(pairs, sizes=SIZES)
    shapes = {name: array.shape for name, array in arrays.items() if name[0] in "xy"}
    assert shapes == {
        f"{kind}_{part}{name}": (count, 16)
        for part, count in (("train", 16), ("test", 4))
        for kind, name in (("x", ".source"), ("x", ".target_in"), ("y", ""))
    }
    tokenizer = sentencepiece.SentencePieceProcessor(model_proto=arrays["tokenizer"].tobytes())
    assert tokenizer.vocab_size() == SIZES.vocabulary_size
    source, given, labels = (arrays[n][0] for n in ("x_test.source", "x_test.target_in", "y_test"))
    length = int((source != PAD).sum())
    assert source[length - 1] == EOS
    assert tokenizer.decode(source[: length - 1].tolist()) == "Ana saw Noé."
    end = int((labels == EOS).argmax())
    assert tokenizer.decode(labels[:end].tolist()) == "Ana vió á Noé."
    assert given[0] == BOS
    assert given[1 : end + 1].tolist() == labels[:end].tolist()
    assert set(labels[end + 1 :]) == {IGNORED}
    assert set(given[end + 1 :]) == {PAD}
    assert arrays["references"].tobytes().decode().split("\n")[0] == "Ana vió á Noé."


def test_no_test_sentence_is_a_training_sentence(pairs: list[tuple[str, str]]) -> None:
    arrays = encode_pairs(pairs, sizes=SIZES)
    train = {row.tobytes() for row in arrays["x_train.source"]}
    assert not train & {row.tobytes() for row in arrays["x_test.source"]}


def test_the_same_bytes_twice(pairs: list[tuple[str, str]]) -> None:
    first, second = encode_pairs(pairs, sizes=SIZES), encode_pairs(pairs, sizes=SIZES)
    assert content_sha256(first) == content_sha256(second)


def test_pairs_of_too_many_tokens_are_left_out(pairs: list[tuple[str, str]]) -> None:
    long = [("x" * 3 + chr(97 + i), "zyxwv" * 5) for i in range(3)]
    arrays = encode_pairs([*long, *pairs], sizes=SIZES)
    assert len(arrays["x_train.source"]) + len(arrays["x_test.source"]) == 20
    lines = arrays["references"].tobytes().decode().split("\n")
    assert len(lines) == len(arrays["x_test.source"]) == 3


def test_the_real_verses(real, require) -> None:
    data = real("verses")
    folder = Path(data.sources[0].directory) / "modules/texts/ztext"
    installed = all((folder / name).is_dir() for name in ("engWEB2015eb", "spaRV1909eb"))
    require(installed, "no sword-text-web and sword-text-sparv installed")
    prepare(data, say=[].append)
    dataset = load(data)
    assert list(dataset.train.inputs) == ["source", "target_in"]
    assert dataset.train.inputs["source"].shape == (data.num_train, data.sequence_length)
    assert dataset.test.targets.shape == (data.num_test, data.target_length)
    highest = max(int(np.max(a)) for a in (*dataset.train.inputs.values(), dataset.train.targets))
    assert highest < data.vocabulary_size
    text = dataset.extras["references"].tobytes().decode().split("\n")
    assert text[0] == "EN el principio crió Dios los cielos y la tierra."
    assert dataset.source == "system package sword-text-web sword-text-sparv"
