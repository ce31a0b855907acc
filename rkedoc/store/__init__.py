"""Snapshots in an object store, or in a folder that is used as one.

::

    STORE/rkedoc-v1/CLUSTER/TIME-DIGEST.ndjson.zst

:mod:`rkedoc.store.url` says what names a store, :mod:`rkedoc.store.layout` what the keys mean, :mod:`rkedoc.store.store` lists, gets, puts and
deletes. An object that is there is never written again. Its key holds the digest of its content, so that equal keys are equal snapshots, and
nothing has to be locked or compared before it is written: what is listed is all that there is to know.
"""
