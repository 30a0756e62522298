"""Text to a tree, units and quantities, and the tree printed."""
