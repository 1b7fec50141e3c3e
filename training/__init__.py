"""Turn a data set into a checkpoint that can enter the arena.

Begin with `finetune`: it is a run from top to bottom.

| step | module |
|---|---|
| read what to train, on what and how | `recipe` |
| join the processes that train together | `ranks` |
| read the data, as an objective with its examples | `training_data`, `objective`, `examples`, `preferences` |
| plan which examples go into which step | `packing` |
| check before anything expensive begins | `preflight` |
| take the run's folder, for a new run or a resumed one | `run_folder` |
| load the weights, add an adapter, shard them | `sharded` |
| put examples into one row without padding | `rows`, `attention` |
| take an optimizer step over all ranks | `optimizer_step`, `optimizers` |
| log each step, save the state to resume from | `progress`, `training_state` |
| write a checkpoint that any server loads, and its record | `export`, `run_record` |

The loop is our own, on torch and transformers alone. It needs no padding, its attention never crosses documents, its
loss is over the learned tokens of all ranks, and a killed run resumes to the same last digit. The tests prove all of
this on two CPU processes.

`training` shares prompt formats and data sets with `generation`. It shares no code with `arena`: the two meet in the
run's folder on disk.
"""
