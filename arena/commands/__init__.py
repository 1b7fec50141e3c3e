"""The subcommands of `arena`, one module each, imported only when called."""
