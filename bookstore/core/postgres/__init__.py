"""
Django's PostgreSQL backend, with a pool that is of use again at once when the database is back.

Settings name it where DATABASE_URL names a server; `local_postgres` builds on it.
"""
