"""Tables, sessions and queries. Only this folder and the service files beside it know SQL."""
