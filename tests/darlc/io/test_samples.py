"""Public samples are fetched, checked, kept and resumed; from a server on this machine."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from anndata import AnnData

from darlc.errors import InputError
from darlc.io.samples import SAMPLES, FetchProgress, Sample, SampleFile, fetch, read_sample

CONTENT = bytes(range(256)) * 4000


@dataclass
class Server:
    """Serves one file, and notes which part of it was asked for."""

    url: str = ""
    content: bytes = CONTENT
    #: Bytes after which the connection is cut; 0 for never.
    cut: int = 0
    status: int = 0
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            state.asked.append(wanted)
            if state.status:
                self.send_error(state.status)
                return
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
            if start >= len(state.content):
                self.send_error(416)
                return
            body = state.content[start:]
            self.send_response(206 if wanted else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: state.cut] if state.cut else body)

        def log_message(self, *args: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{listening.server_port}/file"
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    yield state
    listening.shutdown()
    listening.server_close()


def sample_of(*urls: str, content: bytes = CONTENT, unpack: bool = False) -> Sample:
    digest = hashlib.sha256(content).hexdigest()
    file = SampleFile("file.bin", digest, urls, unpack=unpack)
    return Sample("tissue", "A tissue", "nobody", (file,), opens="" if unpack else "file.bin")


def run(sample: Sample, folder: Path) -> tuple[Path, list[FetchProgress]]:
    steps, fetching = [], fetch(sample, folder)
    while True:
        try:
            steps.append(next(fetching))
        except StopIteration as end:
            return end.value, steps


def test_a_file_is_fetched_once_and_its_progress_told(server: Server, tmp_path: Path) -> None:
    sample = sample_of(server.url)
    path, steps = run(sample, tmp_path)
    assert path == tmp_path / "tissue" / "file.bin" and path.read_bytes() == CONTENT
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert steps[-1] == FetchProgress(1, 1, len(CONTENT), len(CONTENT))
    assert run(sample, tmp_path) == (path, []) and len(server.asked) == 1
    assert [each.name for each in path.parent.iterdir()] == ["file.bin"]


def test_a_damaged_copy_is_fetched_anew(server: Server, tmp_path: Path) -> None:
    sample = sample_of(server.url)
    path, _ = run(sample, tmp_path)
    path.write_bytes(CONTENT[:-1])
    assert run(sample, tmp_path)[0].read_bytes() == CONTENT


def test_what_was_stopped_goes_on_where_it_was(server: Server, tmp_path: Path) -> None:
    sample = sample_of(server.url)
    fetching = fetch(sample, tmp_path)
    first = next(fetching)
    fetching.close()
    assert 0 < first.done < len(CONTENT)
    assert not (tmp_path / "tissue" / "file.bin").exists()
    path, steps = run(sample, tmp_path)
    assert path.read_bytes() == CONTENT
    assert server.asked == ["", f"bytes={first.done}-"] and steps[0].done > first.done


def test_a_cut_connection_is_told_and_resumed(server: Server, tmp_path: Path) -> None:
    server.cut = 300_000
    sample = sample_of(server.url)
    with pytest.raises(InputError, match=r"cannot be reached: check that .* what has arrived"):
        run(sample, tmp_path)
    server.cut = 0
    assert run(sample, tmp_path)[0].read_bytes() == CONTENT
    assert server.asked[-1] not in ("", "bytes=0-")


def test_another_content_is_refused_and_thrown_away(server: Server, tmp_path: Path) -> None:
    server.content = CONTENT[::-1]
    with pytest.raises(InputError, match="damaged or was replaced"):
        run(sample_of(server.url), tmp_path)
    assert not list((tmp_path / "tissue").iterdir())


def test_a_part_of_something_else_does_not_spoil_the_file(server: Server, tmp_path: Path) -> None:
    (tmp_path / "tissue").mkdir()
    (tmp_path / "tissue" / "file.bin.part").write_bytes(b"another file" * 50)
    path, _ = run(sample_of(server.url), tmp_path)
    assert path.read_bytes() == CONTENT and server.asked[-1] == ""


def test_a_whole_part_is_taken_as_it_is(server: Server, tmp_path: Path) -> None:
    (tmp_path / "tissue").mkdir()
    (tmp_path / "tissue" / "file.bin.part").write_bytes(CONTENT)
    assert run(sample_of(server.url), tmp_path)[0].read_bytes() == CONTENT


def test_the_second_address_is_asked_when_the_first_is_gone(server: Server, tmp_path: Path) -> None:
    path, _ = run(sample_of("http://127.0.0.1:1/gone", server.url), tmp_path)
    assert path.read_bytes() == CONTENT


def test_offline_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="check that this machine is online") as caught:
        run(sample_of("http://127.0.0.1:1/gone"), tmp_path)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 200


def test_a_servers_refusal_is_told(server: Server, tmp_path: Path) -> None:
    server.status = 503
    with pytest.raises(InputError, match="its server answered 503: try again later"):
        run(sample_of(server.url), tmp_path)


def test_a_folder_that_cannot_be_written_to_is_told(server: Server, tmp_path: Path) -> None:
    (tmp_path / "tissue").write_text("a file")
    with pytest.raises(InputError, match="could not be kept in"):
        run(sample_of(server.url), tmp_path)


def test_an_archive_is_unpacked_into_the_folder(server: Server, tmp_path: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        info = tarfile.TarInfo("spatial/positions.csv")
        info.size = 3
        archive.addfile(info, io.BytesIO(b"a,b"))
    server.content = packed.getvalue()
    sample = sample_of(server.url, content=server.content, unpack=True)
    for _ in range(2):
        path, _steps = run(sample, tmp_path)
        assert (path / "spatial" / "positions.csv").read_bytes() == b"a,b"
    assert len(server.asked) == 1


def test_of_several_sections_the_largest_is_shown(tissue: AnnData, tmp_path: Path) -> None:
    del tissue.raw, tissue.obs["array_row"], tissue.obs["array_col"]
    tissue.obs["Bregma"] = [0.5] * 50 + [-9.0] * (tissue.n_obs - 50)
    path = tmp_path / "sample.h5ad"
    tissue.write_h5ad(path)
    sample = Sample("s", "S", "somebody", (), opens="sample.h5ad", section="Bregma")
    dataset = read_sample(sample, path)
    assert dataset.adata.n_obs == 50 and set(dataset.adata.obs["Bregma"]) == {0.5}
    assert dataset.notes[0] == "Source: somebody." and "Of 2 sections" in dataset.notes[-1]
    assert not [note for note in dataset.notes if "if they are sections" in note]


def test_every_listed_sample_names_hash_and_addresses() -> None:
    platforms = " ".join(sample.title for sample in SAMPLES.values())
    assert all(word in platforms for word in ("Visium", "MERFISH", "Slide-seq"))
    for sample in SAMPLES.values():
        assert sample.source and sample.files
        for file in sample.files:
            assert len(bytes.fromhex(file.sha256)) == 32
            assert len(file.urls) == 2 and all(url.startswith("https://") for url in file.urls)
