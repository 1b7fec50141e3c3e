"""The subcommands of `arena generate`, one module each, imported only when it is called."""
