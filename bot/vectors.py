"""Embeddings kept on disk by content hash, so that a restart embeds nothing twice."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Set as AbstractSet
from pathlib import Path

import numpy as np
import structlog

from knowledge.search import Vector

_log = structlog.get_logger(__name__)


class VectorCache:
    """Vectors by `knowledge.search.text_key`, in one .npz file; half precision is enough for a cosine."""

    def __init__(self, path: Path) -> None:
        """Read the file; one that is missing or damaged counts as empty."""
        self.path = path
        self.vectors: dict[str, Vector] = {}
        try:
            with np.load(path, allow_pickle=False) as held:
                matrix = held["vectors"].astype(np.float32)
                keys = held["keys"].tolist()
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            _log.warning("vector_cache_unreadable", path=str(path), error=str(error))
            return
        self.vectors = dict(zip(keys, matrix, strict=True))

    def save(self, keys: AbstractSet[str]) -> None:
        """Write the vectors of these keys, atomically; others are forgotten."""
        kept = sorted(keys & self.vectors.keys())
        if not kept:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        scratch = self.path.with_name(f".{self.path.name}.{os.getpid()}.npz")
        matrix = np.stack([self.vectors[key] for key in kept]).astype(np.float16)
        np.savez(scratch, keys=np.array(kept), vectors=matrix)
        os.replace(scratch, self.path)
        self.vectors = {key: self.vectors[key] for key in kept}
