"""What holds for every format: each bundle is of one, each member has one reading, and a reading is whole in itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rkedoc.collect.files.formats import FORMATS as OF_TOOLS
from rkedoc.collect.files.formats import OTHERWISE
from rkedoc.collect.files.formats.format import As, Bundle, Claim, Format, Index, Reading
from tests.support.samples import Files, index, samples

FORMATS = (*OF_TOOLS, OTHERWISE)

OF = {
    "rancher-logs-collector-rke1": "rancher-logs-collector",
    "rancher-logs-collector-rke2": "rancher-logs-collector",
    "sonobuoy-new": "sonobuoy",
    "sosreport": "sos",
    "velero-backup": "velero-backup",
    "troubleshoot": "troubleshoot",
    "crust-gather": "crust-gather",
    "must-gather": "must-gather",
}
"""The format of each sample."""

KEYS = sorted({key for one in FORMATS for key in one.keys})
WORDS = sorted({part for files in samples().values() for path in files for part in path.split("/")} | set(KEYS))
HEADS = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b"\xff\xfe\0",
    b'{"kind": "Backup", "spec": 1, "status": [], "metadata": null}',
    b"1.1.0",
    b"- x",
]
path = st.lists(st.sampled_from(WORDS) | st.text("ab._-{}\n é", min_size=1, max_size=6), min_size=1, max_size=6).map(
    "/".join
)


def bundles(one: Format, files: Files) -> list[tuple[Bundle, list[str]]]:
    """The bundles of a format, and the paths below each."""
    found = list(one.find(index(files, FORMATS)))
    below = {bundle.root: f"{bundle.root}/" if bundle.root else "" for bundle in found}
    return [
        (bundle, [path.removeprefix(below[bundle.root]) for path in files if path.startswith(below[bundle.root])])
        for bundle in found
    ]


def is_whole(reading: Reading) -> bool:
    """Whether what a reading says goes together."""
    left_out = reading.as_ in (As.NOTHING, As.REFUSED)
    return (
        bool(reading.reason) == left_out
        and (reading.failures is not None or reading.as_ is not As.ERRORS)
        and (reading.claim is Claim.NOTHING or reading.as_ is As.DOCUMENTS)
        and (reading.claim is not Claim.NAMESPACE or bool(reading.namespace))
        and (not reading.kind or bool(reading.version))
    )


@pytest.mark.parametrize("name", samples())
def test_a_sample_is_of_one_format(name: str) -> None:
    of = {one.name for one in OF_TOOLS if bundles(one, samples()[name])}
    assert len(of) <= 1
    assert OF.get(name, *of or {""}) in of | {""}
    assert name not in OF or of == {OF[name]}


def test_names_and_messages_of_formats_are_their_own() -> None:
    for words in zip(*((one.name, one.title, one.recognised) for one in FORMATS), strict=True):
        assert len(set(words)) == len(words)
        assert all(words)


@pytest.mark.parametrize("name", samples())
def test_each_member_of_a_sample_has_a_whole_reading(name: str) -> None:
    for one in FORMATS:
        for bundle, members in bundles(one, samples()[name]):
            wrong = {member: bundle.reading(member) for member in members if not is_whole(bundle.reading(member))}
            assert wrong == {}


@given(st.data())
def test_any_path_in_a_bundle_has_a_whole_reading(data: st.DataObject) -> None:
    files = samples()[data.draw(st.sampled_from(sorted(samples())))]
    found = [bundle for one in FORMATS for bundle, _ in bundles(one, files)]
    for bundle in found:
        member = data.draw(path)
        assert is_whole(bundle.reading(member)), member


@given(
    st.sampled_from(sorted(OF)),
    path,
    st.sampled_from(("admin.conf", "calico-kubeconfig", "kube-ca-key.pem", "server.key")),
)
def test_a_member_that_is_known_to_hold_keys_is_refused_wherever_it_lies(name: str, folder: str, key: str) -> None:
    one = next(one for one in FORMATS if one.name == OF[name])
    ((bundle, _),) = bundles(one, samples()[name])
    assert bundle.reading(f"{folder}/{key}").as_ is As.REFUSED


@given(st.dictionaries(path, st.sampled_from(HEADS), max_size=12))
def test_no_content_of_key_members_stops_the_search(files: dict[str, bytes]) -> None:
    heads = {name: text for name, text in files.items() if name.rpartition("/")[2] in KEYS}
    for one in FORMATS:
        for bundle in one.find(Index(dict.fromkeys(files, 1), heads)):
            assert (
                bundle.root == "" or any(name.startswith(f"{bundle.root}/") for name in files) or bundle.root in files
            )


@pytest.mark.parametrize("root", ["x", "a/b.tar.gz"])
@pytest.mark.parametrize("name", OF)
def test_a_bundle_is_the_same_wherever_it_lies(name: str, root: str) -> None:
    one = next(one for one in FORMATS if one.name == OF[name])
    ((here, members),) = bundles(one, samples()[name])
    ((there, _),) = bundles(one, {f"{root}/{path}": text for path, text in samples()[name].items()})
    assert there.root == (f"{root}/{here.root}" if here.root else root)
    assert [there.reading(member) for member in members if here.reading(member).as_ is not As.ERRORS] == [
        here.reading(member) for member in members if here.reading(member).as_ is not As.ERRORS
    ]
