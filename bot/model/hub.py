"""Single files from the model hub: what it declares about them, and downloads that resume and are checked."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import httpx
from huggingface_hub import get_token, hf_hub_url

from bot.failures import ModelError
from bot.model.record import sha256_of

OnProgress = Callable[[int, int], None]
"""Called with (bytes there, bytes in all)."""

_ATTEMPTS = 4
_SHA256_CHARACTERS = 64


@dataclass(frozen=True)
class HubFile:
    """One file of one revision, as the hub declares it."""

    repo: str
    name: str
    revision: str
    size_bytes: int
    sha256: str | None  # None for the small files that the hub keeps in git
    url: str


def look_up(repo: str, name: str, *, endpoint: str | None = None) -> HubFile:
    """Ask the hub for the current revision of a file. Raises ModelError in one sentence."""
    url = hf_hub_url(repo, name, endpoint=endpoint)
    headers = {"Accept-Encoding": "identity"}  # or the size would be that of the compressed answer
    if token := get_token():
        headers["Authorization"] = f"Bearer {token}"
    try:
        with httpx.Client(headers=headers, timeout=httpx.Timeout(10, connect=4)) as client:
            response = client.head(url)
            while response.is_redirect and response.headers["location"].startswith("/"):
                response = client.head(urljoin(str(response.url), response.headers["location"]))
    except httpx.HTTPError as problem:
        raise ModelError("The model hub cannot be reached; check the network and try again.") from problem
    if response.status_code in (401, 403):
        raise ModelError(f"{repo} asks for its terms to be accepted on its hub page; then set HF_TOKEN.")
    if response.is_error:
        raise ModelError(f"The model hub has no file {name} in {repo} (HTTP {response.status_code}).")
    said = response.headers
    etag = said.get("x-linked-etag", said.get("etag", "")).strip('W/"')
    return HubFile(
        repo,
        name,
        said.get("x-repo-commit", "main"),
        int(said.get("x-linked-size") or said.get("content-length") or 0),
        etag if len(etag) == _SHA256_CHARACTERS else None,
        urljoin(str(response.url), said["location"]) if response.is_redirect else str(response.url),
    )


def download(file: HubFile, target: Path, on_progress: OnProgress | None = None) -> str:
    """Put the file at `target` once size and SHA-256 are right; return the SHA-256.

    An interrupted download goes on where it stopped, also in a later run. Raises ModelError.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{(file.sha256 or file.revision)[:12]}.part")
    _check_space(file, part)
    for attempt in range(_ATTEMPTS):
        try:
            _fetch(file, part, on_progress)
            break
        except httpx.HTTPError as problem:
            if attempt + 1 == _ATTEMPTS:
                raise ModelError(
                    f"The download of {file.name} broke off; run the same command again to go on."
                ) from problem
            time.sleep(2**attempt)
    found = sha256_of(part)
    if part.stat().st_size != file.size_bytes or (file.sha256 and found != file.sha256):
        part.unlink()
        raise ModelError(f"{file.name} arrived damaged (size or SHA-256 is not the declared one); try again.")
    os.replace(part, target)
    return found


def _check_space(file: HubFile, part: Path) -> None:
    there = part.stat().st_size if part.exists() else 0
    free = shutil.disk_usage(part.parent).free
    if file.size_bytes - there > free:
        raise ModelError(
            f"{file.name} needs {file.size_bytes / 1e9:.1f} GB and {part.parent} has {free / 1e9:.1f} GB "
            "free; make room or set CAIRN_MODELS_DIR."
        )


def _fetch(file: HubFile, part: Path, on_progress: OnProgress | None) -> None:
    there = part.stat().st_size if part.exists() else 0
    if file.size_bytes and there >= file.size_bytes:
        return
    headers = {"Range": f"bytes={there}-"} if there else {}
    with httpx.stream("GET", file.url, headers=headers, timeout=30, follow_redirects=True) as response:
        response.raise_for_status()
        resumed = response.status_code == httpx.codes.PARTIAL_CONTENT
        there = there if resumed else 0
        with part.open("ab" if resumed else "wb") as out:
            for chunk in response.iter_bytes():
                out.write(chunk)
                there += len(chunk)
                if on_progress:
                    on_progress(there, file.size_bytes)
