"""Runs migrations on the connection that `bot.storage.migrate` hands over."""

from __future__ import annotations

from alembic import context

from bot.storage.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
