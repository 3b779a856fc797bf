"""Work of one channel is done in the order it came; channels do not wait for each other."""

from __future__ import annotations

import asyncio

from bot.slack.lanes import Lanes


async def test_a_lane_is_served_in_order_even_when_newcomers_arrive_at_a_handover() -> None:
    lanes, served, inside = Lanes(), list[int](), list[int]()

    async def work(number: int) -> None:
        async with lanes.turn("C1"):
            inside.append(number)
            assert inside == [number], "two at once in one lane"
            await asyncio.sleep(0)
            served.append(number)
            inside.clear()
        if number < 20:  # arrives just as the lock is handed to one who waits
            tasks.append(asyncio.create_task(work(number + 20)))

    tasks = [asyncio.create_task(work(number)) for number in range(20)]
    while not all(task.done() for task in tasks):
        await asyncio.gather(*tasks)
    assert served == list(range(40))
    assert len(lanes) == 0


async def test_another_lane_does_not_wait() -> None:
    lanes = Lanes()
    async with lanes.turn("C1"), asyncio.timeout(1), lanes.turn("C2"):
        assert len(lanes) == 2
    assert len(lanes) == 0


async def test_one_who_gives_up_waiting_leaves_no_trace() -> None:
    lanes = Lanes()

    async def wait() -> None:
        async with lanes.turn("C1"):
            raise AssertionError("it was not its turn")

    async with lanes.turn("C1"):
        waiting = asyncio.create_task(wait())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert len(lanes) == 1
    assert len(lanes) == 0
