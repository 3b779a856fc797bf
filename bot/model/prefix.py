"""Remembers evaluated prompts by task, so that a task's constant part is evaluated once.

llama-cpp-python reuses only what the new prompt shares with the one just before it. When another task comes
next, the sequence's state is copied aside (tens of milliseconds) instead of being evaluated again (seconds).
"""

from __future__ import annotations

import ctypes
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import llama_cpp
import numpy as np
from numpy.typing import NDArray

MAX_BYTES = 512 * 2**20
WORTH_TOKENS = 64  # below this, evaluating is as quick as copying


@dataclass(frozen=True)
class _Snapshot:
    tokens: NDArray[np.intc]
    data: Any  # a ctypes buffer


def shared_length(left: NDArray[np.intc], right: NDArray[np.intc]) -> int:
    """Return how many leading tokens two prompts share."""
    length = min(left.size, right.size)
    differing = np.flatnonzero(left[:length] != right[:length])
    return int(differing[0]) if differing.size else length


class PrefixStore:
    """Snapshots of one model's sequence, at most one a task, the least recently used dropped first."""

    def __init__(self, llama: llama_cpp.Llama, max_bytes: int = MAX_BYTES) -> None:
        self._llama = llama
        self._max_bytes = max_bytes
        self._snapshots: OrderedDict[str, _Snapshot] = OrderedDict()
        self._task: str | None = None
        # Recurrent state cannot be cut back to a prefix, so a snapshot of it would never match.
        self._possible = not (
            llama_cpp.llama_model_is_recurrent(llama.model) or llama_cpp.llama_model_is_hybrid(llama.model)
        )

    def prepare(self, task: str, prompt: Sequence[int]) -> int:
        """Bring back the state that shares most with the prompt; return how many tokens it shares."""
        wanted = np.asarray(prompt, dtype=np.intc)
        if self._possible and task != self._task:
            self._put_aside()
        self._task = task
        current = shared_length(self._llama.input_ids[: self._llama.n_tokens], wanted)
        snapshot = self._snapshots.get(task)
        if snapshot is None:
            return current
        self._snapshots.move_to_end(task)
        shared = shared_length(snapshot.tokens, wanted)
        return self._restore(snapshot, shared, wanted) if shared > current + WORTH_TOKENS else current

    def _restore(self, snapshot: _Snapshot, shared: int, wanted: NDArray[np.intc]) -> int:
        llama = self._llama
        if not llama_cpp.llama_state_seq_set_data(llama.ctx, snapshot.data, len(snapshot.data), 0):
            llama.n_tokens = 0
            return 0
        # One token is always evaluated anew: a restored state has no logits.
        length = min(shared, wanted.size - 1)
        llama.input_ids[:length] = snapshot.tokens[:length]
        llama.n_tokens = length
        return length

    def _put_aside(self) -> None:
        llama, task = self._llama, self._task
        if task is None or llama.n_tokens < WORTH_TOKENS:
            return
        tokens = llama.input_ids[: llama.n_tokens].copy()
        known = self._snapshots.get(task)
        if known and shared_length(known.tokens, tokens) >= 0.6 * known.tokens.size:
            return
        size = llama_cpp.llama_state_seq_get_size(llama.ctx, 0)
        if size > self._max_bytes:
            return
        data = (ctypes.c_uint8 * size)()
        if llama_cpp.llama_state_seq_get_data(llama.ctx, data, size, 0) != size:
            return
        self._snapshots[task] = _Snapshot(tokens, data)
        self._snapshots.move_to_end(task)
        while sum(len(kept.data) for kept in self._snapshots.values()) > self._max_bytes:
            self._snapshots.popitem(last=False)
