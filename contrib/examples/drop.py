#!/usr/bin/env python3
"""Drops a task from Python, without the taskdir command or any library."""
import json
import os
import pathlib
import uuid


def add(classname, customdata=None, spool=None, **members):
    """Writes aside and renames: the file appears whole, or not at all.

    With the two fsync calls the task also survives a power cut once this
    function has returned.
    """
    spool = pathlib.Path(
        spool or os.environ.get("TASKDIR", "/var/spool/taskdir")
    )
    task = {"classname": classname, "customdata": customdata, **members}
    name = f"{uuid.uuid4()}.json"
    with open(spool / "tmp" / name, "x", encoding="utf-8") as file:
        json.dump(task, file)
        file.flush()
        os.fsync(file.fileno())
    os.rename(spool / "tmp" / name, spool / "new" / name)
    directory = os.open(spool / "new", os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


if __name__ == "__main__":
    add("report.daily", {"day": "today"})
    add("report.daily", {"day": "today"}, on_duplicate="ignore", timeout=300)
