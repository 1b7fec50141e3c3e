"""Tables, sessions and queries. Only this folder and the `queries` of each other folder know SQL.

`queries` here holds what several folders ask; a folder's own questions stand in its own file. The rules stand beside
them, in files that take a session and call these functions.
"""
