"""The plan, the lifecycle's steps, and the ways back."""
