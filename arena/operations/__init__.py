"""Operations: the processes that an arena runs and watches, and how its endpoints do.

`http_server` serves the pages, `watched_process` keeps a process alive, `vllm_servers` serve the contenders whose
weights lie on this machine, `figures` count failures and latencies. Called by `commands` and by the operators' page.
"""
