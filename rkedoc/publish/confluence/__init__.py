"""A site in a Confluence space: what is sent, what stays as it is, and what becomes of pages whose subject is gone.

Pages are made and sent by sphinxcontrib-confluencebuilder; here stands what it leaves open. ``extension`` is the builder, ``publisher`` what it sends with,
``rehearsal`` what answers in its place when nothing may be written, ``comments`` what people have marked in pages, ``run`` the whole.
"""
