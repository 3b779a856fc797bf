"""Scores against targets, and the decision that follows."""
