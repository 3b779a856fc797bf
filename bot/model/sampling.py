"""Choosing the next token: the most likely one that the grammar admits.

Applying a grammar to a vocabulary of 150,000 tokens costs more than a small model's own step. The likeliest
token is nearly always admitted, so it is tested alone first, then the best few, then all; the choice is the
same as that of masking everything.
"""

from __future__ import annotations

import ctypes
from types import TracebackType
from typing import Any

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from bot.model.grammar import compile_grammar

_WIDENING = (1, 64, 1024)


class GrammarGuide:
    """A grammar's state along one answer. Use as a context manager; it frees llama.cpp's memory."""

    def __init__(self, vocabulary: Any, grammar: str) -> None:
        """Raises ModelError where llama.cpp rejects the grammar."""
        self._sampler = compile_grammar(vocabulary, grammar)

    def __enter__(self) -> GrammarGuide:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        llama_cpp.llama_sampler_free(self._sampler)
        self._sampler = None

    def next_token(self, logits: NDArray[np.float32]) -> int:
        """Return the most likely admitted token, and move the grammar past it. `logits`: (vocabulary,)."""
        for width in (*_WIDENING, logits.size):
            if width > logits.size:
                continue
            best = np.argpartition(logits, -width)[-width:] if width < logits.size else np.arange(logits.size)
            token = self._best_admitted(best, logits[best])
            if token is not None:
                llama_cpp.llama_sampler_accept(self._sampler, token)
                return token
        raise RuntimeError("the grammar admits no token at all")

    def _best_admitted(self, tokens: NDArray[np.intp], logits: NDArray[np.float32]) -> int | None:
        order = np.argsort(-logits, kind="stable")
        rows = (llama_cpp.llama_token_data * len(order))()
        view = np.ctypeslib.as_array(rows)
        view["id"], view["logit"] = tokens[order], logits[order]
        candidates = llama_cpp.llama_token_data_array(data=rows, size=len(order), selected=-1, sorted=False)
        llama_cpp.llama_sampler_apply(self._sampler, ctypes.byref(candidates))
        admitted = np.flatnonzero(np.isfinite(view["logit"]))
        return int(view["id"][admitted[0]]) if admitted.size else None
