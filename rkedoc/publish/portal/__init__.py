"""What leads to the versions of all clusters: a start page, lists over all clusters, a search, changes with feeds, and the script by which the
pages of a site lead to themselves in its other versions.

Everything is made of what the published versions say of themselves (``rkedoc-version.json`` and ``rkedoc.json`` in the folder of each), so that it
can be made anew from what is there. Data lie in scripts, since a page that was opened from a disk may load a script and no file.

``told`` reads what versions say, ``listings`` turns it round (which clusters have this image, this problem, …), ``find`` makes the shards of the
search, ``changes`` the days and their feeds, ``start`` the first page, ``switch`` the script of the versions, ``pages`` puts all of it together.
"""
