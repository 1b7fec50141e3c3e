"""The commands of `arena generate`, one file each in `generation/commands`: name → its module, and what it does."""

COMMANDS = {
    name: (f"generation.commands.{name.replace('-', '_')}", about)
    for name, about in {
        "run": "generate instructions by a recipe",
        "resume": "go on with a run; nothing is paid for twice",
        "estimate": "say what a recipe or the rest of a run will cost",
        "distill": "have a teacher answer given instructions",
        "batch": "write and read batch files, at half the price",
        "dedup": "find near-duplicates",
        "decontaminate": "find evaluation prompts in a data set",
        "convert": "turn a data set into another format",
        "clean-sharegpt": "clean shared conversations for training",
        "fetch": "fetch a data set that may not be shipped, after showing its terms",
        "report": "write an HTML page about a run",
        "reference": "print what each key of a recipe means and may hold",
        "audit": "have a sample labelled in a spreadsheet, and say the share that is faulty",
    }.items()
}
