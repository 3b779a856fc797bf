"""APScheduler only ticks."""

from __future__ import annotations

import asyncio

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.nudges import JOB_ID, start_ticking


async def test_it_ticks_at_once_and_never_twice_at_the_same_time() -> None:
    running, most, ticks = 0, 0, 0
    third = asyncio.Event()

    async def ticking() -> None:
        nonlocal running, most, ticks
        running, ticks = running + 1, ticks + 1
        most = max(most, running)
        await asyncio.sleep(0.05)
        running -= 1
        if ticks == 3:
            third.set()

    scheduler = AsyncIOScheduler(timezone="UTC")
    start_ticking(scheduler, ticking, seconds=0.02)
    scheduler.start()
    await asyncio.wait_for(third.wait(), 5)
    scheduler.shutdown()
    assert most == 1


async def test_starting_twice_leaves_one_job() -> None:
    async def ticking() -> None: ...

    scheduler = AsyncIOScheduler(timezone="UTC")
    scheduler.start(paused=True)
    start_ticking(scheduler, ticking)
    start_ticking(scheduler, ticking)
    assert [job.id for job in scheduler.get_jobs()] == [JOB_ID]
    scheduler.shutdown()
