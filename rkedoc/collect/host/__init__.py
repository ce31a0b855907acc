"""What a node's own files and its ``/proc`` say, below a root folder: read only, and nothing but what ``allowlist.yaml`` names.

:class:`~rkedoc.collect.host.root.HostRoot` alone touches the file system. :func:`~rkedoc.collect.host.reading.read_host`
gives everything together, in clear; what is secret in it is hidden by whoever makes records of it.
"""
