"""The data set's original address: files with checksums, kept once downloaded."""

import sys
from pathlib import Path

from fwexp.data import cache
from fwexp.data.faults import SourceAbsent
from fwexp.data.reading import unpack
from fwexp.data.sources.origin import Origin, Say, State
from fwexp.data.sources.progress import ProgressLines

_TIMEOUT_S = 20  # to connect, and between two chunks of a response
_ARCHIVES = (".tar.gz", ".tgz", ".tar")


class OriginalUrl(Origin):
    """Downloads stay in the cache folder, so that an interrupted set of them is resumed."""

    needs = ("base_url", "files")

    @property
    def label(self) -> str:
        return f"url {self.source.base_url}"

    @property
    def get(self) -> str:
        return f"the same command again where {self.source.base_url} can be reached"

    @property
    def mend(self) -> str:
        return f"rm -r {self._downloads}"

    @property
    def _downloads(self) -> Path:
        return cache.folder() / "downloads" / self.data.name

    def state(self) -> State:
        if all((self._downloads / name).is_file() for name in self.source.files):
            return State(
                where="here", detail=f"downloaded to {self._downloads}", folder=self._downloads
            )
        return State(where="to download", detail=str(self.source.base_url))

    def fetch(self, *, into: Path, say: Say) -> Path:
        folder = self._downloads
        for name in self.source.files:
            file = self._download(name, say=say)
            if name.endswith(_ARCHIVES):
                folder = unpack(file, directory=self.source.directory or "", into=into)
        return folder

    def _download(self, name: str, *, say: Say) -> Path:
        import pooch
        import requests

        pooch.get_logger().setLevel("ERROR")
        shelf = pooch.create(
            path=self._downloads,
            base_url=self.source.base_url,
            registry=dict(self.source.files),
            retry_if_failed=1,
        )
        lines = ProgressLines(name, say=say)
        bar = True if sys.stderr.isatty() else lines  # pooch's own bar needs a terminal
        fetcher = pooch.HTTPDownloader(progressbar=bar, timeout=_TIMEOUT_S, chunk_size=1 << 16)
        try:
            return Path(shelf.fetch(name, downloader=fetcher))
        except requests.Timeout:
            reason = f"no response within {_TIMEOUT_S} s"
        except requests.ConnectionError:
            reason = "no connection"
        except requests.RequestException as error:
            reason = str(error)
        except ValueError:
            reason = f"its checksum is not {self.source.files[name]}"
        except OSError as error:
            reason = f"{self._downloads} cannot be written ({error.strerror or error})"
        raise SourceAbsent(f"{name} could not be downloaded: {reason}")
