"""A page of docs/proof, and in its last line what it rests on: so it knows when it is stale."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import yaml

from fwexp.identity.places import find_place
from fwexp.identity.sources import Sources, follow
from tests.prove.parts import Part
from tests.prove.proof import Proof

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "proof"
BEGINS, ENDS = "<!-- rests on: ", " -->"


@dataclass(frozen=True, kw_only=True)
class Footer:
    """The last line of a page."""

    commit: str | None
    took_s: int
    holds: bool
    digests: dict[str, str]  # by room ("fwexp.trainers"), folder of values and library

    def line(self) -> str:
        return f"{BEGINS}{json.dumps(asdict(self))}{ENDS}"


def write_page(path: Path, proof: Proof, *, footer: Footer) -> None:
    """The whole page or, where this is interrupted, the one that was there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(f"{proof.text.rstrip()}\n\n{footer.line()}\n")
    os.replace(partial, path)


def read_footer(path: Path) -> Footer | None:
    """None where there is no page, or one that says nothing of what it rests on."""
    return footer_in(path.read_text()) if path.exists() else None


def footer_in(text: str) -> Footer | None:
    """What the last line of the text says."""
    last = text.rstrip().rpartition("\n")[2]
    if not (last.startswith(BEGINS) and last.endswith(ENDS)):
        return None
    return Footer(**json.loads(last.removeprefix(BEGINS).removesuffix(ENDS)))


def why_stale(footer: Footer | None, now: Mapping[str, str], *, exists: bool) -> str | None:
    """Why a page or a section no longer shows what the code does; None if it does."""
    if not exists:
        return "there is no page yet"
    if footer is None:
        return "does not say what it rests on"
    if not footer.holds:
        return "did not hold"
    then = footer.digests
    changed = sorted(k for k in then.keys() | now.keys() if then.get(k) != now.get(k))
    return f"changed since commit {footer.commit}: {', '.join(changed)}" if changed else None


def digests_of(module: str, part: Part) -> dict[str, str]:
    """What the page that this module makes rests on, as it is now."""
    sources = follow([module, *(r for root in part.roots for r in _below(root))])
    modules = _file_digests(sources) if part.shows_texts else sources.modules
    values = {folder: _digest(_values(ROOT / folder)) for folder in part.values}
    return _by_room(modules) | values | dict(_versions(part.libraries))


def _by_room(modules: Mapping[str, str]) -> dict[str, str]:
    """One digest for all modules whose names begin with the same two words."""
    rooms: dict[str, list[str]] = {}
    for name, digest in sorted(modules.items()):
        rooms.setdefault(".".join(name.split(".")[:2]), []).append(f"{name} {digest}")
    return {room: _digest(lines) for room, lines in rooms.items()}


def _file_digests(sources: Sources) -> dict[str, str]:
    """Of the modules' bytes: every word of them."""
    places = {name: find_place(name) for name in sources.modules}
    return {n: _digest(p.file.read_text()) for n, p in places.items() if p and p.file}


def _values(folder: Path) -> dict[str, Any]:
    """What the files of a folder say; of YAML, comments do not count."""
    return {
        str(file.relative_to(folder)): _value(file)
        for file in sorted(folder.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    }


def _value(file: Path) -> Any:
    text = file.read_bytes().decode(errors="replace")
    return list(yaml.safe_load_all(text)) if file.suffix == ".yaml" else text


def _versions(libraries: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in libraries:
        try:
            yield name, version(name).partition("+")[0]  # "+cpu" is not another version
        except PackageNotFoundError:
            yield name, "not installed"


def _below(root: str) -> list[str]:
    """The root itself; of "package.*", every module below the package."""
    package, star, _ = root.partition(".*")
    place = find_place(package)
    if not star or place is None:
        return [root]
    return [
        ".".join((package, *file.relative_to(folder).with_suffix("").parts))
        for folder in place.folders
        for file in sorted(folder.rglob("*.py"))
        if file.stem != "__init__"
    ]


def _digest(plain: Any) -> str:
    text = json.dumps(plain, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
