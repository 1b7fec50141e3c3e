"""What `arena train` can do besides training: one file a command."""
