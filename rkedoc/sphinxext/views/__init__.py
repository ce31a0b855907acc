"""What each page shows: pure functions from a site and the key of a page to a view.

Which of them stand on which page is declared in :mod:`rkedoc.sphinxext.pages`.
"""
