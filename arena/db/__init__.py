"""Tables, sessions and queries. Only this folder and the `queries` of each other folder know SQL.

`queries` here serves several folders; a query that one folder needs stands in that folder's own `queries`. Rules stand
in other files, which take a session and call these functions.
"""
