"""A replica of Cairn without its words, in a process of its own that a test may end at any moment.

Run as a program it imports once and then forks a replica for every line on standard input, printing its
process id; a test that ends a hundred of them pays for the imports once.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from nudges_contract import Nudger

from bot import inbox
from bot.nudges import tick
from bot.outbox import Owed, drain, owe
from bot.slack.pace import Pace
from bot.slack.post import Post
from bot.slack.workspaces import BotIdentity, Clients
from bot.storage.store import Store


class ThisProcess:
    """Names the process in the token, so that the server knows who posts."""

    async def identity(self, workspace: str) -> BotIdentity:
        """Return an identity whose token ends in the process id."""
        return BotIdentity(f"xoxb-{os.getpid()}", "U0BOT", "B0BOT", workspace)


async def answer(store: Store, delivery: inbox.Delivery) -> None:
    """Answer a delivery as the service does: owe and finish in one transaction."""
    now = datetime.now(UTC)
    owed = Owed(
        id=f"answer-{delivery.key}",
        workspace="T1",
        channel=delivery.payload["channel"],
        verb="post",
        created_at=now,
        content={"reply": {"body": delivery.payload["text"]}},
    )
    async with store.write() as session:
        await owe(session, [owed])
        await inbox.finish(session, delivery.key, now)


async def work(database_url: str, slack_url: str, lease_seconds: float) -> None:
    """Answer, tick and drain until the parent is gone."""
    parent = os.getppid()
    store = await Store.open(database_url, migrate=False)
    clients = Clients(ThisProcess(), base_url=slack_url, timeout_seconds=lease_seconds / 4)
    post = Post(clients, pace=Pace(per_second=1000))
    nudger = Nudger(store)
    while os.getppid() == parent:
        for delivery in await inbox.claim(store, datetime.now(UTC), lease_seconds, limit=5):
            await answer(store, delivery)
        await tick(store, nudger, datetime.now(UTC), lease_seconds=lease_seconds, limit=10)
        await drain(store, post, lambda: datetime.now(UTC), lease_seconds=lease_seconds, limit=6)
        await asyncio.sleep(0.05)


def _fork_on_demand(database_url: str, slack_url: str, lease_seconds: float) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # ended replicas leave no zombies
    for _ in sys.stdin:
        process = os.fork()
        if process == 0:
            os.close(0)
            asyncio.run(work(database_url, slack_url, lease_seconds))
            os._exit(0)
        sys.stdout.write(f"{process}\n")
        sys.stdout.flush()


class Replicas:
    """Replicas that run now. Only processes started here are ever ended here."""

    def __init__(self, requests: IO[str], answers: IO[str]) -> None:
        self._requests = requests
        self._answers = answers
        self.running: list[int] = []

    def start(self) -> None:
        """Start one more."""
        self._requests.write("\n")
        self._requests.flush()
        self.running.append(int(self._answers.readline()))

    def kill(self, process: int) -> None:
        """End one with SIGKILL."""
        self.running.remove(process)
        os.kill(process, signal.SIGKILL)


@contextmanager
def replicas(database_url: str, slack_url: str, lease_seconds: float) -> Iterator[Replicas]:
    """Give replicas of one database and one Slack, and end all of them afterwards."""
    program = [sys.executable, __file__, database_url, slack_url, str(lease_seconds)]
    support = Path(__file__).parent
    path = os.pathsep.join((str(support.parent.parent), str(support)))
    starter = subprocess.Popen(
        program,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert starter.stdin is not None
    assert starter.stdout is not None
    started = Replicas(starter.stdin, starter.stdout)
    try:
        yield started
    finally:
        for process in list(started.running):
            started.kill(process)
        starter.stdin.close()
        starter.wait(10)
        starter.stdout.close()


if __name__ == "__main__":
    _fork_on_demand(sys.argv[1], sys.argv[2], float(sys.argv[3]))
