"""Dropped files are fetched and scored in a process of their own, within limits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from bot.failures import OperationError
from bot.scoring import Scorer
from bot.slack.files import MOST_BYTES, download
from bot.slack.workspaces import BotIdentity, Clients
from dialogs.steps import Score
from dialogs.turns import SharedFile

ANSWERS = b"prediction,reference\n" + b"".join(b"rent %d,rent %d\n" % (case, case) for case in range(40))
FILE = SharedFile("F1", "answers.csv", len(ANSWERS))


class Hub:
    """Hands out files by name."""

    def __init__(self, **files: bytes) -> None:
        self.files = {name.replace("_", "."): content for name, content in files.items()}

    async def fetch(self, workspace: str, file: SharedFile) -> bytes:
        return self.files[file.name]


async def test_a_file_is_scored_by_a_worker() -> None:
    scored = await Scorer(Hub(answers_csv=ANSWERS).fetch).score("T1", Score((FILE,)))
    assert (scored.cases, scored.problem) == (40, "")
    assert [metric.name for metric in scored.metrics] == ["exact-match", "f1", "rouge-l"]
    assert all(metric.low <= metric.value <= metric.high for metric in scored.metrics)


async def test_of_two_files_the_one_named_so_holds_the_references() -> None:
    hub = Hub(gold_txt=b"a cat sat on the mat\n" * 2, answers_txt=b"a cat sat on the mat\na dog\n")
    files = (SharedFile("F1", "gold.txt"), SharedFile("F2", "answers.txt"))
    scored = await Scorer(hub.fetch).score("T1", Score(files))
    exact = next(metric for metric in scored.metrics if metric.name == "exact-match")
    assert (scored.cases, exact.value) == (2, 0.5)


async def test_a_file_without_pairs_and_a_broken_one_are_told_in_a_sentence() -> None:
    hub = Hub(mails_csv=b"subject,body\nhello,you\n", bad_jsonl=b"{oops}\n")
    mails = await Scorer(hub.fetch).score("T1", Score((SharedFile("F1", "mails.csv"),)))
    broken = await Scorer(hub.fetch).score("T1", Score((SharedFile("F2", "bad.jsonl"),)))
    assert "has no column 'prediction' (it has subject, body)" in mails.problem
    assert "no valid JSON" in broken.problem


async def test_what_takes_too_long_is_ended_and_said_in_a_sentence() -> None:
    scored = await Scorer(Hub(answers_csv=ANSWERS).fetch, seconds=0.01).score("T1", Score((FILE,)))
    assert scored.problem.startswith("answers.csv takes longer than")
    assert scored.metrics == ()


async def test_what_slack_refuses_becomes_the_problem() -> None:
    async def refuse(workspace: str, file: SharedFile) -> bytes:
        raise OperationError("Slack did not hand me answers.csv; please drop it again.")

    scored = await Scorer(refuse).score("T1", Score((FILE,)))
    assert scored.problem == "Slack did not hand me answers.csv; please drop it again."


@dataclass
class FakeSlack:
    """Answers files.info and hands out one file; keeps the tokens that came."""

    address: str = ""
    info: dict[str, object] = field(default_factory=dict)
    content: bytes = ANSWERS
    kind: str = "text/csv"
    tokens: list[str] = field(default_factory=list)

    async def files_info(self, request: web.Request) -> web.Response:
        return web.json_response(
            self.info or {"ok": True, "file": {"url_private_download": f"{self.address}/f"}}
        )

    async def file(self, request: web.Request) -> web.Response:
        self.tokens.append(request.headers.get("Authorization", ""))
        return web.Response(body=self.content, content_type=self.kind)


class Me:
    async def identity(self, workspace: str) -> BotIdentity:
        return BotIdentity("xoxb-1", "U1", "B1", workspace)


@asynccontextmanager
async def slack(**how: object) -> AsyncIterator[tuple[FakeSlack, Clients]]:
    fake = FakeSlack(**how)  # type: ignore[arg-type]
    app = web.Application()
    app.router.add_route("*", "/api/files.info", fake.files_info)
    app.router.add_get("/f", fake.file)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    fake.address = f"http://{host}:{port}"
    clients = Clients(Me(), base_url=f"{fake.address}/api/")
    try:
        yield fake, clients
    finally:
        await clients.close()
        await runner.cleanup()


async def test_a_file_is_downloaded_with_the_bots_token() -> None:
    async with slack() as (fake, clients):
        assert await download(clients, "T1", FILE) == ANSWERS
        assert fake.tokens == ["Bearer xoxb-1"]


async def test_the_token_goes_to_slack_alone() -> None:
    elsewhere = {"ok": True, "file": {"url_private_download": "http://files.example.com/f"}}
    async with slack(info=elsewhere) as (_, clients):
        with pytest.raises(OperationError, match="lies outside Slack"):
            await download(clients, "T1", FILE)


async def test_a_missing_permission_says_who_can_mend_it() -> None:
    async with slack(info={"ok": False, "error": "missing_scope"}) as (_, clients):
        with pytest.raises(OperationError, match="must add the permission files:read"):
            await download(clients, "T1", FILE)


async def test_a_login_page_is_no_file() -> None:
    async with slack(content=b"<html>", kind="text/html") as (_, clients):
        with pytest.raises(OperationError, match="please drop it again"):
            await download(clients, "T1", FILE)


async def test_a_large_file_is_refused_before_and_while_it_comes() -> None:
    async with slack(content=bytes(MOST_BYTES + 1)) as (fake, clients):
        with pytest.raises(OperationError, match="larger than 20 MB"):
            await download(clients, "T1", SharedFile("F1", "answers.csv", MOST_BYTES + 1))
        assert fake.tokens == []
        with pytest.raises(OperationError, match="larger than it said"):
            await download(clients, "T1", FILE)


async def test_a_worker_that_is_no_longer_wanted_ends() -> None:
    scoring = asyncio.create_task(Scorer(Hub(answers_csv=ANSWERS).fetch).score("T1", Score((FILE,))))
    await asyncio.sleep(0.1)
    scoring.cancel()
    with pytest.raises(asyncio.CancelledError):
        await scoring
