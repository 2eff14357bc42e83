"""What was sold, earned and owed: one module per report, queries only."""
