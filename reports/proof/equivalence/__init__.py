"""Do two definitions say the same, and if not, which equation differs and how? Asked of the equations themselves: nothing runs."""
