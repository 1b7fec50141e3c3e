"""The pages. Only this folder imports gradio, and what speaks for them without a page (`texts`) does not."""
