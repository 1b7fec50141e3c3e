"""The subcommands of `arena`, one module each with `configure(parser)` and `run(args, environment)`."""
