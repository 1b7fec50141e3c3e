"""The subcommands of `arena train`: one file for each."""
