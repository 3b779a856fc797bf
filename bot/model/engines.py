"""The two loaded models of a worker: one embeds, one chats. Neither may be used from two threads."""

from __future__ import annotations

import codecs
import ctypes
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from bot.failures import ModelError
from bot.model.grammar import grammar_for
from bot.model.prefix import PrefixStore
from bot.model.prompt import Message, PromptWriter
from bot.model.sampling import GrammarGuide

EMBEDDING_TOKENS = 256  # what all-MiniLM-L6-v2 was trained on; longer texts are cut
_PACKED_TOKENS = 512
Finish = Literal["stop", "length", "cancelled", "deadline"]


class Stopped(Exception):
    """Generation was told to stop; `reason` says why."""

    def __init__(self, reason: Finish) -> None:
        super().__init__(reason)
        self.reason: Finish = reason


class StopSignal:
    """Tells a running request to stop: it was cancelled, or its deadline has passed."""

    def __init__(self) -> None:
        self.cancelled = False
        self.deadline = float("inf")

    def reset(self, seconds: float | None) -> None:
        """Arm for a new request that may take `seconds` (None: as long as it likes)."""
        self.cancelled = False
        self.deadline = float("inf") if seconds is None else time.monotonic() + seconds

    def reason(self) -> Finish | None:
        """Return why to stop, or None to go on."""
        if self.cancelled:
            return "cancelled"
        return "deadline" if time.monotonic() > self.deadline else None


def load(path: Path, **options: Any) -> llama_cpp.Llama:
    """Load a GGUF. Raises ModelError, in one sentence, for whatever llama.cpp refuses."""
    if not path.is_file():
        raise ModelError(f"There is no model file at {path}.")
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise ModelError(f"{path} is not a GGUF file; llama.cpp reads no other kind.")
    try:
        return _Guided(str(path), verbose=False, **options)
    except (ValueError, RuntimeError, AttributeError) as problem:
        raise ModelError(
            f"llama.cpp cannot load {path}: the file is damaged or of an unknown kind."
        ) from problem


class _Guided(llama_cpp.Llama):
    """A model whose next token a grammar may choose."""

    guide: GrammarGuide | None = None

    def sample(self, *args: Any, **options: Any) -> int:
        if self.guide is None:
            return int(super().sample(*args, **options))
        logits = llama_cpp.llama_get_logits_ith(self.ctx, -1)
        return self.guide.next_token(np.ctypeslib.as_array(logits, shape=(self.n_vocab(),)))


def _watch(llama: llama_cpp.Llama, signal: StopSignal) -> Any:
    """Let llama.cpp ask, inside a decode too, whether to stop. The caller keeps the returned reference."""
    callback = llama_cpp.ggml_abort_callback(lambda _: signal.reason() is not None)
    llama_cpp.llama_set_abort_callback(llama.ctx, callback, ctypes.c_void_p(0))
    return callback


class EmbeddingEngine:
    """A sentence embedding model."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        """Raises ModelError where the file is no embedding model."""
        # Without flash attention all packed texts share one attention matrix: 33 texts a second, not 246.
        self._llama = load(
            path,
            embedding=True,
            n_ctx=_PACKED_TOKENS,
            n_batch=_PACKED_TOKENS,
            n_ubatch=_PACKED_TOKENS,
            flash_attn=True,
            n_threads=threads,
            n_threads_batch=threads,
        )
        one_vector_per_text = (
            llama_cpp.LLAMA_POOLING_TYPE_MEAN,
            llama_cpp.LLAMA_POOLING_TYPE_CLS,
            llama_cpp.LLAMA_POOLING_TYPE_LAST,
        )
        if llama_cpp.llama_pooling_type(self._llama.ctx) not in one_vector_per_text:
            raise ModelError(f"{path} is not an embedding model: it gives no vector per text.")
        self.embed(["warm-up"])

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return int(self._llama.n_embd())

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return normalised embeddings, shape (texts, dimensions). Texts over 256 tokens are cut."""
        cut = [self._cut(text) for text in texts]
        return np.asarray(self._llama.embed(cut, normalize=True), dtype=np.float32).reshape(len(cut), -1)

    def _cut(self, text: str) -> str:
        text = text.strip() or "-"
        while (count := len(self._llama.tokenize(text.encode(), special=False))) > EMBEDDING_TOKENS:
            text = text[: max(1, int(len(text) * EMBEDDING_TOKENS / count * 0.98))]
        return text


@dataclass(frozen=True)
class ChatRequest:
    """One answer to produce. `task` names the kind of prompt; prompts of a task share their constant part."""

    task: str
    messages: tuple[Message, ...]
    schema: dict[str, Any] | None
    max_tokens: int


@dataclass
class ChatUsage:
    """What an answer took."""

    prompt_tokens: int = 0
    reused_tokens: int = 0
    output_tokens: int = 0


class ChatEngine:
    """An instruct model."""

    def __init__(
        self, path: Path, signal: StopSignal, context_tokens: int, threads: int | None = None
    ) -> None:
        """Load and warm up. Raises ModelError where the file is no chat model."""
        cores = threads or os.cpu_count() or 1
        self._llama: Any = load(
            path, n_ctx=context_tokens, flash_attn=True, n_threads=cores, n_threads_batch=cores
        )
        self._signal = signal
        self._vocabulary = llama_cpp.llama_model_get_vocab(self._llama.model)
        self._writer = PromptWriter(self._llama)
        self._prefixes = PrefixStore(self._llama)
        self._abort = _watch(self._llama, signal)
        self.usage = ChatUsage()
        self._warm_up()

    def _warm_up(self) -> None:
        """Read the weights into memory, so that the first person does not wait for the disk."""
        greeting = ChatRequest("warm-up", (("user", "Hi"),), None, 1)
        with suppress(Stopped):
            for _ in self.answer(greeting):
                pass
        self._llama.reset()

    def answer(self, request: ChatRequest) -> Iterator[str]:
        """Yield the answer's text as it comes; the generator returns why it ended.

        Always the likeliest token, so the same request gives the same answer. Raises Stopped when the
        signal says so, ModelError where the prompt or the schema cannot be served.
        """
        room = self._llama.n_ctx() - request.max_tokens
        prompt = self._writer.tokens(request.messages, room)
        self.usage = ChatUsage(len(prompt), self._prefixes.prepare(request.task, prompt))
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        with ExitStack() as stack:
            stack.callback(setattr, self._llama, "guide", None)
            if request.schema is not None:
                guide = GrammarGuide(self._vocabulary, grammar_for(request.schema))
                self._llama.guide = stack.enter_context(guide)
            for token in self._tokens(prompt):
                if llama_cpp.llama_vocab_is_eog(self._vocabulary, token):
                    return
                self.usage.output_tokens += 1
                if text := decoder.decode(self._piece(token)):
                    yield text
                if self.usage.output_tokens >= request.max_tokens:
                    raise Stopped("length")

    def _tokens(self, prompt: Sequence[int]) -> Iterator[int]:
        try:
            for token in self._llama.generate(prompt, temp=0.0):
                if reason := self._signal.reason():
                    raise Stopped(reason)
                yield token
        except RuntimeError as problem:  # "llama_decode returned 2": the abort callback ended it
            if reason := self._signal.reason():
                raise Stopped(reason) from problem
            raise

    def _piece(self, token: int, size: int = 64) -> bytes:
        buffer = ctypes.create_string_buffer(size)
        length = llama_cpp.llama_token_to_piece(self._vocabulary, token, buffer, size, 0, False)
        return buffer.raw[:length] if length >= 0 else self._piece(token, -length)
