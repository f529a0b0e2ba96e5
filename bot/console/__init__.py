"""Groups of commands of the command line; `main` hands them what they work with."""
