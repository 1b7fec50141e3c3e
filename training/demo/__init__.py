"""The demo contenders: tiny language models, trained on a laptop to solve a few simple text tasks.

| step | module |
|---|---|
| draw tasks, their inputs, and follow-up questions | `tasks`, `task_inputs`, `dialogues` |
| draw the plain text that the base is trained on | `plain_text` |
| write the training files and the untrained network | `material`, `tokenizer` |
| simulate votes, from which one contender learns | `votes` |
| train everything | `making` |
| measure and pack a trained contender for the package | `measurement`, `batch_generation`, `shipping` |

Everything is drawn from seeds; no text of others is used. `python -m training.demo` makes all contenders.
"""
