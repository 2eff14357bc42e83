"""What became of a sold lead, told by its buyer, and the actions that bill."""
