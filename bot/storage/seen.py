"""The last message of each channel that Cairn has seen, for catching up after a time offline."""

from __future__ import annotations

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.storage.insert import insert_for
from bot.storage.tables import SeenRow


async def mark(session: AsyncSession, workspace: str, channel: str, ts: str) -> None:
    """Remember a message's ts, unless a later one is known. (A ts sorts as text for the next centuries.)"""
    insert = insert_for(session)(SeenRow).values(workspace=workspace, channel=channel, ts=ts)
    later = insert.on_conflict_do_update(
        index_elements=["workspace", "channel"], set_={"ts": ts}, where=col(SeenRow.ts) < ts
    )
    await session.exec(later, execution_options={"synchronize_session": False})


async def last(session: AsyncSession, workspace: str) -> dict[str, str]:
    """Return the last seen ts by channel."""
    rows = (await session.exec(select(SeenRow).where(col(SeenRow.workspace) == workspace))).all()
    return {row.channel: row.ts for row in rows}
