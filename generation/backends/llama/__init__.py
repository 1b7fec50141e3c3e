"""LLaMA-architecture checkpoints, read from a folder and run by NumPy alone.

    model = load(open_checkpoint(Path("runs/tiny-alpaca")))
    for token in model.draw(model.prompt(messages), Sampling(max_tokens=64)):
        ...

For models that a laptop runs beside everything else: no torch, no compiler, a few megabytes. Larger ones belong behind
a server.
"""
