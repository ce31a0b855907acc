"""What collects a cluster's nodes from inside, as Kubernetes objects: printed for a person to read and apply, never applied.

``request`` is what a person asks for, ``distributions`` where nodes of a distribution keep what is read, ``rights`` the rules of the
account, ``objects`` the objects, and ``render`` their three forms: a stream of YAML, a Kustomize base, and a Helm chart. The objects are
made once, with a :class:`~rkedoc.deploy.setting.Setting` wherever a chart lets its user choose; the forms differ in what
they put there.
"""
