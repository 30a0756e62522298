"""How the site is built: ``make docs``, warnings are errors."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # for figure_pages

from spikebridge.reference.version import __version__

project = "spikebridge"
author = "the spikebridge developers"
copyright = "the spikebridge developers, BSD-3-Clause"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc", "figure_pages"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3
suppress_warnings = ["myst.xref_missing"]  # links to files beside the site, which it turns into links to the repository's
root_doc = "index"

html_theme = "furo"
html_title = "spikebridge"
html_copy_source = False

autodoc_typehints = "none"  # numpydoc says them
autodoc_member_order = "bysource"
autosummary_generate = True
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
