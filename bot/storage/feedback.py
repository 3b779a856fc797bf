"""Questions people asked, how they rated the answers, and what was advised when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from bot.storage.tables import FeedbackRow, SnapshotRow
from dialogs.steps import Told
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
    """Keep what was advised, from which inputs, by which rules and on which state of the knowledge.

    What was said last already is not kept twice.
    """
    row = SnapshotRow(
        project_id=project_id,
        at=at,
        inputs=dict(snapshot.get("inputs", {})),
        rules=list(snapshot.get("rules", [])),
        advice=dict(snapshot.get("advice", {})),
        knowledge_revision=str(snapshot.get("knowledge_revision", "")),
    )
    last = (await session.exec(_snapshots(project_id, 1))).first()
    if last is None or _said(last) != _said(row):
        session.add(row)


async def told(session: AsyncSession, project_id: str, limit: int = 20) -> tuple[Told, ...]:
    """Return what was advised to a project, the newest first."""
    found = await session.exec(_snapshots(project_id, limit))
    return tuple(
        Told(row.at, row.inputs, tuple(str(rule) for rule in row.rules), row.advice, row.knowledge_revision)
        for row in found.all()
    )


def _snapshots(project_id: str, limit: int) -> SelectOfScalar[SnapshotRow]:
    return (
        select(SnapshotRow)
        .where(col(SnapshotRow.project_id) == project_id)
        .order_by(col(SnapshotRow.id).desc())
        .limit(limit)
    )


def _said(row: SnapshotRow) -> tuple[Any, ...]:
    return row.inputs, row.rules, row.advice, row.knowledge_revision
