"""Turn a data set into a checkpoint that can enter the arena.

`finetune` is the story: a `recipe` names a base and data, `material` reads an `objective` of them (`examples` to
imitate, or pairs, learned by `preferences`), `packing` plans every step, `preflight` looks before anything expensive
begins, `sharded` makes the weights ready, `rows` lays examples flat, `optimizer_step` moves the weights over the
`ranks`, `progress` tells of it, `checkpoint` keeps it in the `run_folder`, where `export` and `run_record` leave what
any server of checkpoints takes.

The loop is our own, on torch and transformers alone, because of what it is for: no padding, masks that are exact by
construction, a loss over the learned tokens of all ranks, and runs that go on to the last digit after a kill. All of
that holds on two CPU processes, where the tests prove it.

Shares prompt formats and data sets with `generation`, and nothing with `arena`: the two meet in a folder on disk.
"""
