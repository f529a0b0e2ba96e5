"""Units and staff out of a table: read, checked line by line, and compared with what is there. Nothing is changed."""
