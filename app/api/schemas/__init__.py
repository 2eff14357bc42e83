"""What the API takes and gives, written by hand field by field: nothing of a tenant leaks by being added to a table."""
