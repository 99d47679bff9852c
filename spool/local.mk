# The sample spool, as the quick start runs it.
