"""What a terminal shows: tables, columns that grow, numbers."""
