"""One model in a process of its own: `python -m bot.model.worker chat|embed PATH [options]`.

Reads JSON lines on standard input, writes JSON lines on standard output; llama.cpp's own words go to
standard error. The end of input ends the process at once, whatever it is doing, so no worker outlives its
parent. Requests are served one after the other; the parent holds the queue.

    in   {"id", "texts"}                                             embed
         {"id", "task", "messages", "schema", "max_tokens", "seconds"}   chat
         {"cancel": id}
    out  {"event": "ready", "seconds", "dimensions" | "context_tokens"}
         {"event": "failed", "message"}      the model cannot be loaded; the process ends with code 2
         {"id", "event": "text", "text"}     a piece of an answer
         {"id", "event": "done", "finish", "usage"}
         {"id", "event": "vectors", "shape", "float32"}              base64
         {"id", "event": "error", "message"}
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import queue
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from bot.failures import ModelError
from bot.model.engines import ChatEngine, ChatRequest, EmbeddingEngine, Stopped, StopSignal
from bot.model.record import verify

CONTEXT_TOKENS = 8192


class Worker:
    """Serves requests to one model until the input ends."""

    def __init__(self, output: IO[str]) -> None:
        self._output = output
        self._requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._signal = StopSignal()
        self._current: int | None = None
        self._lock = threading.Lock()

    def read_forever(self, lines: IO[str]) -> None:
        """Take in requests and cancellations; runs in a thread. Ends the process at the end of input."""
        for line in lines:
            message = json.loads(line)
            if "cancel" not in message:
                self._requests.put(message)
                continue
            with self._lock:
                if message["cancel"] == self._current:
                    self._signal.cancelled = True
        os._exit(0)

    def serve(self, options: argparse.Namespace) -> int:
        """Load the model and serve; returns an exit code only where it cannot be loaded."""
        start = time.perf_counter()
        try:
            engine = self._load(options)
        except ModelError as problem:
            self._send(event="failed", message=str(problem))
            return 2
        about = (
            {"dimensions": engine.dimensions}
            if isinstance(engine, EmbeddingEngine)
            else {"context_tokens": options.context_tokens}
        )
        self._send(event="ready", seconds=round(time.perf_counter() - start, 3), **about)
        while True:
            self._serve_one(engine, self._requests.get())

    def _load(self, options: argparse.Namespace) -> EmbeddingEngine | ChatEngine:
        if options.verify:
            verify(options.path)
        if options.kind == "embed":
            return EmbeddingEngine(options.path, options.threads or 1)
        return ChatEngine(options.path, self._signal, options.context_tokens, options.threads)

    def _serve_one(self, engine: EmbeddingEngine | ChatEngine, request: dict[str, Any]) -> None:
        with self._lock:
            self._current = request["id"]
            self._signal.reset(request.get("seconds"))
        try:
            if isinstance(engine, EmbeddingEngine):
                self._embed(engine, request)
            else:
                self._chat(engine, request)
        except (ModelError, RuntimeError) as problem:
            self._send(id=request["id"], event="error", message=str(problem))
        finally:
            with self._lock:
                self._current = None

    def _embed(self, engine: EmbeddingEngine, request: dict[str, Any]) -> None:
        vectors = engine.embed(request["texts"])
        data = base64.b64encode(vectors.tobytes()).decode("ascii")
        self._send(id=request["id"], event="vectors", shape=vectors.shape, float32=data)

    def _chat(self, engine: ChatEngine, request: dict[str, Any]) -> None:
        asked = ChatRequest(
            request["task"],
            tuple((role, content) for role, content in request["messages"]),
            request["schema"],
            request["max_tokens"],
        )
        finish = "stop"
        try:
            for text in engine.answer(asked):
                self._send(id=request["id"], event="text", text=text)
        except Stopped as stopped:
            finish = stopped.reason
        self._send(id=request["id"], event="done", finish=finish, usage=asdict(engine.usage))

    def _send(self, **message: Any) -> None:
        self._output.write(json.dumps(message) + "\n")
        self._output.flush()


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bot.model.worker")
    parser.add_argument("kind", choices=("chat", "embed"))
    parser.add_argument("path", type=Path)
    parser.add_argument("--context-tokens", type=int, default=CONTEXT_TOKENS)
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--verify", action="store_true", help="compare with the recorded SHA-256 first")
    return parser.parse_args(arguments)


def main() -> int:
    """Run a worker over this process's standard streams."""
    options = _parse(sys.argv[1:])
    # Whatever llama.cpp prints must not reach the protocol: keep a private copy, point the rest at stderr.
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    if options.kind == "chat" and hasattr(os, "nice"):
        os.nice(5)  # searching and the conversation itself come first
    worker = Worker(output)
    threading.Thread(target=worker.read_forever, args=(sys.stdin,), daemon=True).start()
    return worker.serve(options)


if __name__ == "__main__":
    sys.exit(main())
