"""Remember what each weekly digest of a person said about a project."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "told",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("base", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "person", "project_id", name="pk_told"),
    )
    op.create_index("ix_told_project_id", "told", ["project_id"])


def downgrade() -> None:
    """Drop it; the weekly digests themselves stop with it."""
    op.execute(sa.text("DELETE FROM reminder WHERE kind = 'lead_digest'"))
    op.drop_index("ix_told_project_id", "told")
    op.drop_table("told")
