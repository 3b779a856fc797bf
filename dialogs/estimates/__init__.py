"""Estimates on request: what was asked, worked out once, and said the same way in Slack and on a terminal."""
