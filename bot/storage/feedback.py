"""Questions people asked, how they rated the answers, and what was advised when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.storage.tables import FeedbackRow, SnapshotRow
from dialogs.turns import Turn

TO_REVIEW = ("unanswered", "down")


async def keep(
    session: AsyncSession, turn: Turn, feedback: Mapping[str, Any], project_id: str, thread: str
) -> None:
    """Keep a question with its outcome: answered, unanswered, up or down. `thread` names where it was asked.

    A rating takes mode and passages from the answer that it is about.
    """
    rating = feedback.get("rating")
    if rating is None:
        verdict = "unanswered" if feedback.get("refused") else "answered"
    else:
        verdict = "up" if rating > 0 else "down"
        feedback = {**feedback, **await _answered(session, turn, str(feedback.get("question", "")))}
    session.add(
        FeedbackRow(
            project_id=project_id,
            workspace=turn.place.workspace,
            channel=turn.place.channel,
            person=turn.person.id,
            at=turn.at,
            verdict=verdict,
            question=str(feedback.get("question", "")),
            answer=str(feedback.get("mode", "")),
            citations=list(feedback.get("passages", [])),
            note=thread,
        )
    )


async def _answered(session: AsyncSession, turn: Turn, question: str) -> dict[str, Any]:
    """Return mode and passages of the last answer to a question in a channel; a button may hold its beginning."""
    found = await session.exec(
        select(FeedbackRow)
        .where(
            col(FeedbackRow.workspace) == turn.place.workspace,
            col(FeedbackRow.channel) == turn.place.channel,
            col(FeedbackRow.verdict) == "answered",
            col(FeedbackRow.question).startswith(question, autoescape=True),
        )
        .order_by(col(FeedbackRow.id).desc())
        .limit(1)
    )
    row = found.first()
    return {"mode": row.answer, "passages": row.citations, "question": row.question} if row else {}


async def asked_before(session: AsyncSession, workspace: str, thread: str, limit: int = 3) -> tuple[str, ...]:
    """Return the last questions of a thread that were answered, oldest first."""
    found = await session.exec(
        select(FeedbackRow.question)
        .where(
            col(FeedbackRow.workspace) == workspace,
            col(FeedbackRow.note) == thread,
            col(FeedbackRow.verdict) == "answered",
        )
        .order_by(col(FeedbackRow.id).desc())
        .limit(limit)
    )
    return tuple(reversed(found.all()))


async def to_review(session: AsyncSession, limit: int = 200) -> list[FeedbackRow]:
    """Return what found no answer or was marked down, newest first."""
    found = await session.exec(
        select(FeedbackRow)
        .where(col(FeedbackRow.verdict).in_(TO_REVIEW))
        .order_by(col(FeedbackRow.id).desc())
        .limit(limit)
    )
    return list(found.all())


async def keep_snapshot(
    session: AsyncSession, project_id: str, at: datetime, snapshot: Mapping[str, Any]
) -> None:
    """Keep what was advised, from which inputs, by which rules and on which state of the knowledge."""
    session.add(
        SnapshotRow(
            project_id=project_id,
            at=at,
            inputs=dict(snapshot.get("inputs", {})),
            rules=list(snapshot.get("rules", [])),
            advice=dict(snapshot.get("advice", {})),
            knowledge_revision=str(snapshot.get("knowledge_revision", "")),
        )
    )
