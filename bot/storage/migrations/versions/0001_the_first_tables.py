"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text()
JSON = sa.JSON()
TIME = sa.DateTime(timezone=True)
COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = (
    "answer",
    "decision",
    "feedback",
    "inbox",
    "outbox",
    "project",
    "record",
    "record_detail",
    "reminder",
    "run",
    "seen",
    "snapshot",
    "substep",
    "thread",
)


def upgrade() -> None:
    """Create the tables, and make the record append-only."""
    op.create_table(
        "answer",
        sa.Column("project_id", TEXT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("extra", JSON, nullable=False),
        sa.Column("field", TEXT, nullable=False),
        sa.Column("value", JSON, nullable=True),
        sa.Column("evidence", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("person_name", TEXT, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("message_ts", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("project_id", "position", name="pk_answer"),
    )
    op.create_table(
        "decision",
        sa.Column("project_id", TEXT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("extra", JSON, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("person_name", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("message_ts", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("project_id", "position", name="pk_decision"),
    )
    op.create_table(
        "feedback",
        sa.Column("id", COUNTER, nullable=False),
        sa.Column("project_id", TEXT, nullable=False),
        sa.Column("workspace", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("verdict", TEXT, nullable=False),
        sa.Column("question", TEXT, nullable=False),
        sa.Column("answer", TEXT, nullable=False),
        sa.Column("citations", JSON, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
    )
    op.create_index("ix_feedback_project_id", "feedback", ["project_id"])
    op.create_table(
        "inbox",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("payload", JSON, nullable=True),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("leased_until", TIME, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        sa.Column("error", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_inbox"),
    )
    op.create_index("ix_inbox_state_received_at", "inbox", ["state", "received_at"])
    op.create_table(
        "outbox",
        sa.Column("seq", COUNTER, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("project_id", TEXT, nullable=False),
        sa.Column("workspace", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("thread_ts", TEXT, nullable=True),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("verb", TEXT, nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("response_url", TEXT, nullable=False),
        sa.Column("lane", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("attempted_at", TIME, nullable=True),
        sa.Column("not_before", TIME, nullable=True),
        sa.Column("leased_until", TIME, nullable=True),
        sa.Column("holder", TEXT, nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        sa.Column("posted_channel", TEXT, nullable=False),
        sa.Column("posted_ts", TEXT, nullable=False),
        sa.Column("error", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_outbox"),
        sa.UniqueConstraint("id", name="uq_outbox_id"),
    )
    op.create_index("ix_outbox_project_id", "outbox", ["project_id"])
    op.create_index("ix_outbox_state_lane_seq", "outbox", ["state", "lane", "seq"])
    op.create_index("ix_outbox_state_seq", "outbox", ["state", "seq"])
    op.create_table(
        "project",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("workspace", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("zone", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("thread", TEXT, nullable=True),
        sa.Column("card_ts", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("state", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_project"),
        sa.UniqueConstraint("workspace", "channel", "slug", name="uq_project_workspace_channel_slug"),
    )
    op.create_table(
        "record",
        sa.Column("id", COUNTER, nullable=False),
        sa.Column("project_id", TEXT, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("message_ts", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_record"),
    )
    op.create_index("ix_record_project_id", "record", ["project_id"])
    op.create_table(
        "record_detail",
        sa.Column("record_id", COUNTER, nullable=False),
        sa.Column("project_id", TEXT, nullable=False),
        sa.Column("detail", JSON, nullable=False),
        sa.PrimaryKeyConstraint("record_id", name="pk_record_detail"),
    )
    op.create_index("ix_record_detail_project_id", "record_detail", ["project_id"])
    op.create_table(
        "reminder",
        sa.Column("project_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("substep", TEXT, nullable=False),
        sa.Column("zone", TEXT, nullable=False),
        sa.Column("local_time", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("leased_until", TIME, nullable=True),
        sa.Column("extra", JSON, nullable=False),
        sa.PrimaryKeyConstraint("project_id", "id", name="pk_reminder"),
    )
    op.create_index("ix_reminder_state_due_at", "reminder", ["state", "due_at"])
    op.create_table(
        "run",
        sa.Column("project_id", TEXT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("extra", JSON, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("results", JSON, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("reached", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("project_id", "position", name="pk_run"),
    )
    op.create_table(
        "seen",
        sa.Column("workspace", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("ts", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "channel", name="pk_seen"),
    )
    op.create_table(
        "snapshot",
        sa.Column("id", COUNTER, nullable=False),
        sa.Column("project_id", TEXT, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("inputs", JSON, nullable=False),
        sa.Column("rules", JSON, nullable=False),
        sa.Column("advice", JSON, nullable=False),
        sa.Column("knowledge_revision", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_snapshot"),
    )
    op.create_index("ix_snapshot_project_id", "snapshot", ["project_id"])
    op.create_table(
        "substep",
        sa.Column("project_id", TEXT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("extra", JSON, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("finished_at", TIME, nullable=True),
        sa.Column("met", JSON, nullable=False),
        sa.Column("unmet", JSON, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("passes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "position", name="pk_substep"),
    )
    op.create_table(
        "thread",
        sa.Column("workspace", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("ts", TEXT, nullable=False),
        sa.Column("project_id", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "channel", "ts", name="pk_thread"),
    )
    op.create_index("ix_thread_project_id", "thread", ["project_id"])
    _protect_record()


def _protect_record() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER record_refuses_{verb.lower()} BEFORE {verb} ON record "
                "BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_change_of_record() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the record is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER record_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON record "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_record()"
    )


def downgrade() -> None:
    """Drop everything."""
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change_of_record()")
