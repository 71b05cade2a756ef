"""
The database of the local default: a real PostgreSQL that starts by itself wherever Django connects.

`server` starts and stops it, `base` is the database backend that settings name. Production names its own
PostgreSQL by DATABASE_URL and never comes here.
"""
