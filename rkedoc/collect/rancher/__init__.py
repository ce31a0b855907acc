"""All clusters of a Rancher: its list of them, and each collected through its proxy into a snapshot of its own.

``guard`` is what may be sent to Rancher itself, ``access`` its address and the token, ``clusters`` the list and which of it is wanted,
``workers`` the processes that collect, and ``run`` the run over all of them. A cluster is collected by the same run as any other, in a
process that collects one after the other: one that is offline, hangs or needs too much memory costs itself.
"""
