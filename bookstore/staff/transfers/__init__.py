"""
Files that staff bring in and take out.

`models` are the runs, `files` where their files are, `importing` and `exporting` the acts, `pages` and `forms` what the
admin shows of them.
"""
