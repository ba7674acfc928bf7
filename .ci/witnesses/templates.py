#!/usr/bin/env python3
"""Writes the templates of a platform of five tenants in two cells to a folder, for the witnesses that read files.

Usage: templates.py FOLDER"""

import json
import pathlib
import sys

from emitted import templates

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
for name, template in templates().items():
    (folder / name).write_text(json.dumps(template, indent=2))
