"""Projects as a whole: started, shown, handed over, archived, forgotten."""
