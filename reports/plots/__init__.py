"""How textbook figures are drawn: what is in each panel, and how the panels look."""
