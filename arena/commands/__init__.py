"""The subcommands of `arena`, one file each: `configure(parser)` and `run(args, environment)`."""
