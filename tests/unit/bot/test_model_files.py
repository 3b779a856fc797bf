"""Model files: the catalogue, downloads from a hub, the conversion of the default embedding model."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from tiny_gguf import write_scripted

from bot.failures import ModelError
from bot.model import registry
from bot.model.convert import BertFacts, convert_bert
from bot.model.embedding_model import ensure_embedding_model
from bot.model.engines import EmbeddingEngine
from bot.model.hub import download, look_up
from bot.model.pool import Models
from bot.model.pull import check, pull
from bot.model.registry import KnownModel, find_chat_model, list_models, load_registry

REVISION = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """A model hub on this machine: declares size and SHA-256, serves ranges, breaks off when told to."""

    content: bytes
    declared_sha256: str = ""
    break_after: int | None = None
    address: str = ""
    ranges: list[str] = field(default_factory=list)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    path = write_scripted(tmp_path / "source.gguf", {"price": "12 USD"}, "Hello.")
    held = Hub(path.read_bytes())
    held.declared_sha256 = hashlib.sha256(held.content).hexdigest()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            known = "missing" not in self.path
            self.send_response(302 if known else 404)
            self.send_header("X-Repo-Commit", REVISION)
            self.send_header("X-Linked-Size", str(len(held.content)))
            self.send_header("X-Linked-Etag", f'"{held.declared_sha256}"')
            self.send_header("Location", f"{held.address}/bytes")
            self.end_headers()

        def do_GET(self) -> None:
            asked = self.headers.get("Range", "")
            held.ranges.append(asked)
            start = int(asked.removeprefix("bytes=").removesuffix("-") or 0)
            self.send_response(206 if asked else 200)
            self.send_header("Content-Length", str(len(held.content) - start))
            self.end_headers()
            end, held.break_after = held.break_after, None
            self.wfile.write(held.content[start:end])

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    held.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield held
    server.shutdown()
    server.server_close()
    thread.join()


def no(_: KnownModel) -> bool:
    return False


def test_the_catalogue_offers_enough_and_every_entry_is_complete() -> None:
    models = load_registry().models
    assert sum(model.kind == "chat" for model in models) >= 5
    assert sum(model.kind == "embedding" for model in models) >= 3
    assert len({model.name for model in models}) == len({model.file for model in models}) == len(models)
    for model in models:
        assert model.memory_gib > model.size_gb / 1.074, model.name
        assert model.file.endswith(".gguf")


@pytest.mark.parametrize(
    ("machine_gib", "name"),
    [
        (2, None),
        (3.8, "qwen3.5-2b"),
        (7.7, "qwen3-4b-instruct"),
        (15.6, "granite-4.1-8b"),
        (64, "granite-4.1-8b"),
    ],
)
def test_the_suggestion_fits_the_machine(machine_gib: float, name: str | None) -> None:
    found = load_registry().default_chat(machine_gib)
    assert (found.name if found else None) == name
    assert found is None or found.memory_gib < machine_gib


def test_pulling_checks_records_and_is_found_again(hub: Hub, tmp_path: Path) -> None:
    said: list[str] = []
    seen: list[tuple[int, int]] = []
    path = pull(
        "Granite-4.1-3b",
        tmp_path,
        report=said.append,
        accept_licence=no,
        on_progress=lambda there, total: seen.append((there, total)),
        endpoint=hub.address,
    )
    assert path.read_bytes() == hub.content
    assert seen[-1] == (len(hub.content), len(hub.content))
    assert "Apache-2.0" in said[0]
    assert find_chat_model("granite-4.1-3b", tmp_path) == find_chat_model(None, tmp_path) == path
    (listed,) = [line for line in list_models(tmp_path) if line.model.name == "granite-4.1-3b"]
    assert listed.path == path
    checked = check(path)
    assert (checked.kind, checked.verified) == ("chat", True)
    path.write_bytes(hub.content[:-1] + b"x")
    with pytest.raises(ModelError, match="SHA-256 differs"):
        check(path)
    models = asyncio.run(Models.start(chat_path=path))
    assert "SHA-256 differs" in models.status()["chat"]["problem"]


def test_a_download_that_breaks_off_goes_on_where_it_stopped(hub: Hub, tmp_path: Path) -> None:
    hub.break_after = 100_000
    path = tmp_path / "model.gguf"
    download(look_up("some/repo", "model.gguf", endpoint=hub.address), path)
    assert path.read_bytes() == hub.content
    assert hub.ranges == ["", "bytes=100000-"]
    assert [file.name for file in tmp_path.iterdir() if file.name.endswith(".part")] == []


def test_a_file_that_is_not_what_the_hub_declares_is_thrown_away(hub: Hub, tmp_path: Path) -> None:
    hub.declared_sha256 = "0" * 64
    with pytest.raises(ModelError, match="arrived damaged"):
        download(look_up("some/repo", "model.gguf", endpoint=hub.address), tmp_path / "model.gguf")
    assert not (tmp_path / "model.gguf").exists()


def test_a_missing_file_a_missing_hub_and_an_unknown_name_are_one_sentence(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"has no file missing\.gguf in some/repo"):
        look_up("some/repo", "missing.gguf", endpoint=hub.address)
    with pytest.raises(ModelError, match="cannot be reached"):
        look_up("some/repo", "model.gguf", endpoint="http://127.0.0.1:9")
    with pytest.raises(ModelError, match="qwen3-4b-instruct"):
        pull("gpt-5", tmp_path, report=print, accept_licence=no)
    with pytest.raises(ModelError, match=r"cairn models pull qwen3\.5-2b"):
        find_chat_model("qwen3.5-2b", tmp_path)
    with pytest.raises(ModelError, match="no model file"):
        find_chat_model(str(tmp_path / "gone.gguf"), tmp_path)
    assert find_chat_model(None, tmp_path) is None


def test_a_conditional_licence_is_asked_for(hub: Hub, tmp_path: Path) -> None:
    asked: list[str] = []

    def accept(model: KnownModel) -> bool:
        asked.append(model.licence)
        return True

    with pytest.raises(ModelError, match="--accept-licence"):
        pull("embeddinggemma-300m", tmp_path, report=print, accept_licence=no, endpoint=hub.address)
    assert pull(
        "embeddinggemma-300m", tmp_path, report=print, accept_licence=accept, endpoint=hub.address
    ).exists()
    assert asked == ["Gemma terms of use"]


def test_a_wrong_file_fails_its_check_in_one_sentence(tmp_path: Path) -> None:
    wrong = tmp_path / "page.gguf"
    wrong.write_text("<html>")
    with pytest.raises(ModelError, match="not a GGUF file"):
        check(wrong)


WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "train", "##ing", "a", "model", "cat", "."]


def write_bert(folder: Path, *, leave_out: str = "") -> tuple[Path, Path]:
    """Write a BERT with random weights in the published layout: 2 layers, 32 wide."""
    random = np.random.default_rng(5)

    def tensor(*shape: int) -> np.ndarray:
        return random.standard_normal(shape).astype(np.float32)

    tensors = {
        "embeddings.word_embeddings.weight": tensor(len(WORDS), 32),
        "embeddings.position_embeddings.weight": tensor(64, 32),
        "embeddings.token_type_embeddings.weight": tensor(2, 32),
        "embeddings.LayerNorm.weight": tensor(32),
        "embeddings.LayerNorm.bias": tensor(32),
        "embeddings.position_ids": np.arange(64, dtype=np.int64)[None],
        "pooler.dense.weight": tensor(32, 32),
    }
    shapes = {
        **dict.fromkeys(("attention.self.query", "attention.self.key", "attention.self.value"), (32, 32)),
        "attention.output.dense": (32, 32),
        "intermediate.dense": (64, 32),
        "output.dense": (32, 64),
    }
    for layer in range(2):
        for name, shape in shapes.items():
            tensors[f"encoder.layer.{layer}.{name}.weight"] = tensor(*shape)
            tensors[f"encoder.layer.{layer}.{name}.bias"] = tensor(shape[0])
        for norm in ("attention.output.LayerNorm", "output.LayerNorm"):
            tensors[f"encoder.layer.{layer}.{norm}.weight"] = tensor(32)
            tensors[f"encoder.layer.{layer}.{norm}.bias"] = tensor(32)
    tensors.pop(leave_out, None)
    save_file(tensors, folder / "model.safetensors")
    (folder / "vocab.txt").write_text("\n".join(WORDS), "utf-8")
    return folder / "model.safetensors", folder / "vocab.txt"


FACTS = BertFacts("tiny", "apache-2.0", heads=4, layer_norm_epsilon=1e-12)


def test_a_converted_model_runs_in_llama_cpp(tmp_path: Path) -> None:
    convert_bert(*write_bert(tmp_path), tmp_path / "tiny.gguf", FACTS)
    engine = EmbeddingEngine(tmp_path / "tiny.gguf")
    vectors = engine.embed(["training a model", "Training a model", "a cat."])
    assert vectors.shape == (3, 32)
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-3)
    assert not np.allclose(vectors[0], vectors[2], atol=1e-2)
    convert_bert(*write_bert(tmp_path), tmp_path / "again.gguf", FACTS)
    assert (tmp_path / "again.gguf").read_bytes() == (tmp_path / "tiny.gguf").read_bytes()


def test_weights_that_lack_a_tensor_leave_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="token_embd"):
        convert_bert(
            *write_bert(tmp_path, leave_out="embeddings.word_embeddings.weight"), tmp_path / "t.gguf", FACTS
        )
    assert not (tmp_path / "t.gguf").exists()


def test_without_a_source_one_sentence_says_what_to_do(tmp_path: Path) -> None:
    def unreachable(_: Path) -> Path:
        raise ModelError("The mirror cannot be reached.")

    def forged(folder: Path) -> Path:
        write_bert(folder)
        return folder

    said: list[str] = []
    sources = (("a mirror", unreachable), ("another", forged))
    assert ensure_embedding_model(tmp_path / "models", said.append, sources=sources) is None
    assert any("is not the published file" in line for line in said)
    assert "make setup" in said[-1]
    assert list((tmp_path / "models").glob("*.gguf")) == []


def test_a_machine_knows_its_memory() -> None:
    assert registry.machine_memory_gib() > 0.5
