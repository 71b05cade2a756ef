"""
The shop's words in its other languages: taken from code and templates, kept in `locale/`, compiled without tools.

`manage.py messages` brings the files up to date, `manage.py messages --check` finds what is missing or wrong in them.
"""
