"""Operations: the processes that an arena runs and watches, and figures on its endpoints.

`http_server` serves the pages, `watched_process` keeps a process alive, `vllm_servers` plans servers for contenders
whose weights are on this machine, `figures` counts failures and latencies. Called by `commands` and by the operators'
page.
"""
