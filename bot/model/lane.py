"""One supervised worker process and the queue in front of it.

The queue lives here, not in the worker: what waits survives a worker's death, and only the request that was
running then is lost. Everything runs on the event loop's thread; there are no locks.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import structlog

log = structlog.get_logger(__name__)

State = Literal["starting", "ready", "restarting", "failed", "closed"]

_LINE_BYTES = 2**24
_GRACE_SECONDS = 2.0  # past its deadline, a worker that does not even answer is taken for hung
_RESTART_SECONDS = (0.0, 0.1, 0.2, 0.5, 1.0, 2.0)
_SETTLED_SECONDS = 30.0
_MAX_OVERTAKEN = 3
_SECRETS = ("SLACK_", "CAIRN_")
_FINAL = frozenset({"done", "vectors", "error"})

_numbers = itertools.count(1)


@dataclass(eq=False)
class Job:
    """A request to a worker, and what came back so far."""

    payload: dict[str, Any]
    deadline: float  # the event loop's time
    task: str = ""
    background: bool = False  # yields to every job that is not
    on_position: Callable[[int], None] | None = None
    number: int = field(default_factory=lambda: next(_numbers))
    overtaken: int = 0
    events: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)


class Lane:
    """A worker process of one kind, started again whenever it dies."""

    def __init__(self, kind: Literal["chat", "embed"], path: Path, options: Sequence[str] = ()) -> None:
        self.kind = kind
        self.path = path
        self.state: State = "starting"
        self.problem: str | None = None
        self.about: dict[str, Any] = {}
        self.restarts = 0
        self._options = tuple(options)
        self._pending: list[Job] = []
        self._current: Job | None = None
        self._last_task = ""
        self._process: asyncio.subprocess.Process | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._watchdog: asyncio.TimerHandle | None = None
        self._settled = asyncio.Event()

    async def start(self, wait_seconds: float) -> None:
        """Start the worker and wait until its model is loaded or refused, at most `wait_seconds`."""
        self._supervisor = asyncio.create_task(self._supervise(), name=f"model-{self.kind}")
        try:
            await asyncio.wait_for(self._settled.wait(), wait_seconds)
        except TimeoutError:
            log.info("model_still_loading", kind=self.kind, path=str(self.path))

    async def close(self) -> None:
        """End the worker; whoever waits gets an error event."""
        self.state = "closed"
        if self._supervisor:
            self._supervisor.cancel()
            await asyncio.gather(self._supervisor, return_exceptions=True)
        self._fail_everything("Cairn is shutting down.")

    @property
    def usable(self) -> bool:
        """Whether a request makes sense: the model is loaded, or will be."""
        return self.state in ("starting", "ready", "restarting")

    @property
    def waiting(self) -> int:
        """How many requests stand before a new one, the running one included."""
        return len(self._pending) + (self._current is not None)

    @property
    def process_id(self) -> int | None:
        """The worker's process id while it runs."""
        return self._process.pid if self._process else None

    async def events(self, job: Job) -> AsyncGenerator[dict[str, Any], None]:
        """Queue the job and yield its events; the last is done, vectors or error. Closing cancels it."""
        if not self.usable:
            yield {"event": "error", "message": self.problem or "The model is not running."}
            return
        self._pending.append(job)
        self._dispatch()
        self._announce()
        final = False
        try:
            while not final:
                event = await self._next_event(job)
                final = event["event"] in _FINAL
                yield event
        except TimeoutError:
            yield {"event": "error", "message": "The model did not answer in time."}
        finally:
            if not final:
                self._cancel(job)

    async def _next_event(self, job: Job) -> dict[str, Any]:
        """Wait until the deadline; a running job ends itself then, so it gets a moment to say so."""
        try:
            async with asyncio.timeout_at(job.deadline):
                return await job.events.get()
        except TimeoutError:
            if job is not self._current:
                raise
            async with asyncio.timeout(_GRACE_SECONDS):
                return await job.events.get()

    def _cancel(self, job: Job) -> None:
        if job in self._pending:
            self._pending.remove(job)
            self._announce()
        elif job is self._current:
            self._send({"cancel": job.number})
            # From now on it must end by itself soon, or it counts as hung.
            self._watch(_GRACE_SECONDS)

    def _announce(self) -> None:
        ahead = int(self._current is not None)
        for position, job in enumerate(self._in_order(), start=ahead):
            if job.on_position:
                job.on_position(position)

    def _in_order(self) -> list[Job]:
        return sorted(self._pending, key=lambda job: (job.background, job.number))

    def _take(self) -> Job | None:
        """Return the next job: the oldest, or a younger one of the task just served, at most a few times."""
        now = asyncio.get_running_loop().time()
        for late in [job for job in self._pending if job.deadline <= now]:
            self._pending.remove(late)
            late.events.put_nowait({"event": "error", "message": "The model was busy for too long."})
        queued = self._in_order()
        if not queued:
            return None
        oldest = queued[0]
        kin = next((job for job in queued if job.task == self._last_task), oldest)
        chosen = kin if kin.background == oldest.background and oldest.overtaken < _MAX_OVERTAKEN else oldest
        if chosen is not oldest:
            oldest.overtaken += 1
        self._pending.remove(chosen)
        return chosen

    def _dispatch(self) -> None:
        if self.state != "ready" or self._current or not (job := self._take()):
            return
        self._current, self._last_task = job, job.task
        if job.on_position:
            job.on_position(0)
        seconds = max(0.0, job.deadline - asyncio.get_running_loop().time())
        self._send({"id": job.number, "seconds": seconds, **job.payload})
        self._watch(seconds + _GRACE_SECONDS)

    def _send(self, message: dict[str, Any]) -> None:
        if self._process and self._process.stdin and not self._process.stdin.is_closing():
            self._process.stdin.write(json.dumps(message).encode() + b"\n")

    def _watch(self, seconds: float) -> None:
        if self._watchdog:
            self._watchdog.cancel()
        self._watchdog = asyncio.get_running_loop().call_later(seconds, self._kill_hung)

    def _kill_hung(self) -> None:
        if self._process and self._current and self._process.returncode is None:
            log.warning("model_worker_hung", kind=self.kind)
            self._process.kill()

    def _handle(self, event: dict[str, Any]) -> None:
        if event["event"] == "ready":
            self.state, self.about, self.problem = "ready", event, None
            self._settled.set()
        elif event["event"] == "failed":
            self.state, self.problem = "failed", event["message"]
        elif self._current and event["id"] == self._current.number:
            self._current.events.put_nowait(event)
            if event["event"] not in _FINAL:
                return
            self._finish_current()
        self._dispatch()
        self._announce()

    def _finish_current(self) -> None:
        self._current = None
        if self._watchdog:
            self._watchdog.cancel()

    async def _supervise(self) -> None:
        loop = asyncio.get_running_loop()
        quick_deaths = 0
        while True:
            born = loop.time()
            await self._live()
            if self.problem:
                break
            quick_deaths = 0 if loop.time() - born > _SETTLED_SECONDS else quick_deaths + 1
            if quick_deaths > len(_RESTART_SECONDS) and self.state != "ready":
                self.state = "failed"
                self.problem = f"The process that loads {self.path} keeps dying; try another file."
                break
            self.state = "restarting"
            self.restarts += 1
            log.warning("model_worker_died", kind=self.kind, restarts=self.restarts)
            await asyncio.sleep(_RESTART_SECONDS[min(quick_deaths, len(_RESTART_SECONDS) - 1)])
        self._fail_everything(self.problem or "The model cannot be loaded.")
        self._settled.set()

    async def _live(self) -> None:
        """Run one worker process from birth to death."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot.model.worker", self.kind, str(self.path), *self._options),
            *(() if self.restarts else ("--verify",)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=_environment(),
            limit=_LINE_BYTES,
        )
        self._process = process
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            async for line in process.stdout:
                self._handle(json.loads(line))
        finally:
            # The end of its input ends a worker; one that is deaf is killed.
            process.stdin.close()
            try:
                async with asyncio.timeout(2):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
            self._process = None
            self._lose_current()

    def _lose_current(self) -> None:
        if job := self._current:
            job.events.put_nowait({"event": "error", "message": "The model stopped in the middle of this."})
            self._finish_current()

    def _fail_everything(self, message: str) -> None:
        self._lose_current()
        while self._pending:
            self._pending.pop().events.put_nowait({"event": "error", "message": message})


def _environment() -> dict[str, str]:
    """A worker needs no secrets; and a crash should end at once, not in a debugger's backtrace."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_SECRETS)}
    return {**kept, "GGML_NO_BACKTRACE": "1"}
