"""Find reminders by their id alone, as a button under a nudge does."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_reminder_id", "reminder", ["id"])


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("ix_reminder_id", "reminder")
