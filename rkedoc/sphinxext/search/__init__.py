"""Search: Sphinx's own, with terms for numbers and Chinese, and above its results what rkedoc knows of each thing.

:mod:`~rkedoc.sphinxext.search.words` splits text into the terms of Sphinx's index. :mod:`~rkedoc.sphinxext.search.things`
takes out of a page what can be found on it, and :mod:`~rkedoc.sphinxext.search.index` writes that into one file, which
the page of the search loads from disk as it loads Sphinx's index.
"""
