"""Questions answered from the knowledge folder, with sources, or kindly refused."""
