"""The messages out of made-up catalogues, and out of LibreOffice's where they are installed."""

import struct
from pathlib import Path

import pytest

from fwexp.config.load import compose
from fwexp.data.arrays import content_sha256
from fwexp.data.dataset import load
from fwexp.data.faults import DamagedFile, MissingFiles
from fwexp.data.formats import catalogues
from fwexp.data.formats.sentence_pairs import encode_pairs, unique_pairs
from fwexp.data.preparation import prepare
from fwexp.errors import DataError

HEADING = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"


def write_catalogue(file: Path, messages: dict[str, str], *, heading: str = HEADING) -> Path:
    """GNU gettext's format: two tables of lengths and places, then the texts."""
    entries = sorted({"": heading, **messages}.items())
    count = len(entries)
    places, texts = b"", b""
    for column in zip(*entries, strict=True):
        for text in column:
            places += struct.pack("<II", len(text.encode()), 28 + 16 * count + len(texts))
            texts += text.encode() + b"\0"
    start = struct.pack("<7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, 0)
    file.write_bytes(start + places + texts)
    return file


def test_messages_come_without_context_and_plural_forms(tmp_path: Path) -> None:
    messages = {
        "dialog\x04Save the file": "Die Datei speichern",
        "Open the file": "Die Datei öffnen",
        "one row\0%1 rows": "eine Zeile\0%1 Zeilen",
    }
    file = write_catalogue(tmp_path / "a.mo", messages)
    assert catalogues.read_messages(file) == [
        ("Open the file", "Die Datei öffnen"),
        ("Save the file", "Die Datei speichern"),
    ]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("~Datei öffnen", "Datei öffnen"),
        ("Add a _row", "Add a row"),
        ("Umlaute wie La\u0308nge", "Umlaute wie Länge"),
        ("\u200bIn one line\nor two ", "In one line or two"),
        ("Under_line and_ both", "Underline and_ both"),  # one mark; what is left is none
    ],
)
def test_marks_that_are_not_read_go(message: str, text: str) -> None:
    assert catalogues.plain_text(message) == text


@pytest.mark.parametrize(
    "pair",
    [
        ("Save the file", "Datei als %1 speichern"),  # a name to be filled in
        ("Save $(ARG1) as copy", "Als Kopie speichern"),
        ("Write <b>bold</b> text", "Schreibe fetten Text"),
        ("Use the MY_OWN_NAME name", "Verwende den Namen"),  # an identifier
        ("Save file", "Datei speichern"),  # two words
        ("Liberation Sans Narrow", "Liberation Sans Narrow"),  # not translated
    ],
)
def test_what_is_no_sentence_to_translate_is_left_out(pair: tuple[str, str]) -> None:
    kept = ("Save the file", "Die Datei speichern")
    assert catalogues.sentences([pair, kept]) == [kept]


def test_the_first_of_each_wording_stays() -> None:
    messages = [
        ("~Page line spacing", "~Seitenzeilenabstand"),
        ("Page line spacing:", "Abstand:"),
        ("Page Line-Spacing 2", "Abstand 2"),
        ("Page line spaces", "Abstände"),
    ]
    assert catalogues.sentences(messages) == [
        ("Page line spacing", "Seitenzeilenabstand"),
        ("Page line spaces", "Abstände"),
    ]


def test_a_wording_is_the_sentence_itself_unless_told() -> None:
    pairs = [("a b", "1"), ("A b", "2"), ("a b", "3")]
    assert unique_pairs(pairs) == [("a b", "1"), ("A b", "2")]
    assert unique_pairs(pairs, wording=str.lower) == [("a b", "1")]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is not a message catalogue (unpack requires a buffer of 4 bytes)"),
        (b"\0" * 40, "is not a message catalogue ([Errno 0] Bad magic number: "),
    ],
)
def test_a_file_that_is_no_catalogue(tmp_path: Path, content: bytes, problem: str) -> None:
    file = tmp_path / "a.mo"
    file.write_bytes(content)
    with pytest.raises(DamagedFile) as raised:
        catalogues.read_messages(file)
    assert raised.value.problem.startswith(problem)


def test_a_catalogue_cut_short_or_of_no_known_letters(tmp_path: Path) -> None:
    file = write_catalogue(tmp_path / "a.mo", {"Open the file": "Die Datei öffnen"})
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(DamagedFile, match=r"is not a message catalogue \(.* File is corrupt"):
        catalogues.read_messages(file)
    unknown = "Content-Type: text/plain; charset=martian\n"
    write_catalogue(file, {"Open the file": "Datei"}, heading=unknown)
    with pytest.raises(DamagedFile, match=r"\(unknown encoding: martian\)$"):
        catalogues.read_messages(file)


def test_a_folder_without_catalogues(tmp_path: Path) -> None:
    (tmp_path / "sc.po").write_bytes(b"")
    with pytest.raises(MissingFiles) as raised:
        catalogues.decode(tmp_path)
    assert raised.value.names == ["*.mo"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten catalogues with enough text for a vocabulary of 2,000, written last to first."""
    folder = tmp_path_factory.mktemp("catalogues")
    for number in reversed(range(10)):
        messages = {}
        for i in range(26 * 12):
            word = "".join(chr(97 + (i * k + number * 7 + k * k) % 26) for k in range(1, 8))
            last = "".join(chr(97 + (i // 26 + number * k) % 26) for k in range(1, 4))
            messages[f"Open the {word} {last}"] = f"Öffnet {word[::-1]} und {last}"
        write_catalogue(folder / f"c{number}.mo", messages)
    return folder


def test_the_arrays_are_those_of_the_catalogues_by_name(folder: Path) -> None:
    read = [m for n in range(10) for m in catalogues.read_messages(folder / f"c{n}.mo")]
    wanted = encode_pairs(catalogues.sentences(read), sizes=catalogues.SIZES)
    assert content_sha256(catalogues.decode(folder)) == content_sha256(wanted)


def test_other_catalogues_than_declared_say_so(folder: Path, real) -> None:
    data = real("catalogues")
    data.path = str(folder)
    with pytest.raises(DataError) as raised:
        prepare(data, say=[].append)
    start = f"data=catalogues: path {folder} is not the declared data set: x_train.source has shape"
    assert str(raised.value).startswith(start)


def test_the_declaration_is_the_decoders() -> None:
    data = compose(["data=catalogues"]).data
    assert data.sequence_length == data.target_length == catalogues.SIZES.max_tokens
    assert data.vocabulary_size == catalogues.SIZES.vocabulary_size
    assert [source.package for source in data.sources] == ["libreoffice-l10n-de"]


def test_what_to_type_where_they_are_not(real, tmp_path: Path) -> None:
    data = real("catalogues")
    data.sources[0].directory = f"{tmp_path}/none"
    with pytest.raises(DataError) as raised:
        prepare(data, say=[].append)
    assert str(raised.value) == (
        "data=catalogues: no source of this data set is usable here\n"
        f"  system package libreoffice-l10n-de: there is no folder {tmp_path}/none\n"
        "type one of these instead:\n"
        "  sudo apt-get install libreoffice-l10n-de\n"
        "  data.path=/a/folder/that/holds/the/original/files"
    )


def test_the_real_catalogues(real, require) -> None:
    data = real("catalogues")
    folder = Path(data.sources[0].directory)
    require(folder.is_dir(), "no libreoffice-l10n-de installed")
    prepare(data, say=[].append)
    dataset = load(data)
    assert list(dataset.train.inputs) == ["source", "target_in"]
    assert dataset.train.inputs["source"].shape == (data.num_train, data.sequence_length)
    assert dataset.test.targets.shape == (data.num_test, data.target_length)
    text = dataset.extras["references"].tobytes().decode().split("\n")
    assert text[1] == "Soll der Text in allen aktiven Modulen ersetzt werden?"
    assert dataset.source == "system package libreoffice-l10n-de"
