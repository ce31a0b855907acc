"""The image that the manifests start: made without a registry, run as a pod would run it."""

from __future__ import annotations

import importlib.metadata
import itertools
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from rkedoc.collect.options import CollectOptions
from rkedoc.collect.progress import QuietProgress
from rkedoc.collect.rights import rights
from rkedoc.deploy.rights import read_rights
from rkedoc.redact import Redactor
from rkedoc.redact.audit import audit
from rkedoc.snapshot.reader import load
from rkedoc.snapshot.validate import validate
from tests.collect.test_engine_tls import authority
from tests.collect.test_kubernetes_tls import serving
from tests.deploy.asking import REQUESTS, objects_of, pods_in
from tests.support import dockerd
from tests.support.dockerd import Dockerd
from tests.support.misbehave import kubeconfig, running
from tests.support.player import api_of

ROOT = Path(__file__).parents[2]
SUITE = {(3, 11): "bookworm", (3, 13): "trixie"}.get(sys.version_info[:2])
"""The Debian whose Python is the one that runs these tests: the libraries that are there are then those for the image."""
BASE, IMAGE = "rkedoc-base:debian", "rkedoc:debian"
ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"

pytestmark = [pytest.mark.engine, pytest.mark.image] if SUITE else pytest.mark.skip("no Debian has this Python")


def base_image(folder: Path) -> Path:
    """A root file system of Debian's packages: the essential ones, Python, and the authorities that are trusted. Nothing installs packages in it."""
    if shutil.which("mmdebstrap") is None:
        pytest.skip("mmdebstrap is not installed")
    archive = folder / "base.tar"
    command = [
        "mmdebstrap", "--quiet", "--mode=root", "--variant=essential", "--include=python3,ca-certificates",
        '--aptopt=Apt::Install-Recommends "0"', "--dpkgopt=path-exclude=/usr/share/doc/*",
        "--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
        str(SUITE), str(archive), "http://deb.debian.org/debian",
    ]  # fmt: skip
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    done = subprocess.run(command, capture_output=True, env={"PATH": path}, timeout=600, check=False)
    if done.returncode:
        pytest.skip(f"no base could be made: {done.stderr.decode(errors='replace')[-500:]}")
    return archive


def needed(name: str, extras: frozenset[str] = frozenset()) -> dict[str, importlib.metadata.Distribution]:
    """What a distribution needs, that which is needed by what it needs included."""
    found: dict[str, importlib.metadata.Distribution] = {}
    left = [(name, extras)]
    met = set()
    while left:
        one, wanted = left.pop()
        if (one, wanted) in met:
            continue
        met.add((one, wanted))
        found[one.lower()] = distribution = importlib.metadata.distribution(one)
        for line in distribution.requires or ():
            requirement = Requirement(line)
            marker = requirement.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in wanted or {""}):
                left.append((requirement.name, frozenset(requirement.extras)))
    return found


def libraries(folder: Path) -> None:
    """The wheel and what it needs, as they lie here. What was installed for the tests alone is not among them."""
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder.parent), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.parent.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(folder)
    for name, distribution in needed("rkedoc", frozenset({"cri", "ssh"})).items():
        if name == "rkedoc":
            continue
        for file in distribution.files or ():
            source = Path(str(distribution.locate_file(file)))
            if ".." not in file.parts and "__pycache__" not in file.parts and source.is_file():
                target = folder.joinpath(*file.parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dockerd]:
    """An engine that has the image."""
    for engine in dockerd.fixture(tmp_path_factory):
        folder = tmp_path_factory.mktemp("image")
        client = engine.client()
        repository, _, tag = BASE.partition(":")
        client.import_image(str(base_image(folder)), repository=repository, tag=tag)
        context = folder / "context"
        context.mkdir()
        libraries(context / "libraries")
        shutil.copy(ROOT / "docs" / "howto" / "Containerfile.debian", context / "Containerfile")
        said = list(
            client.build(str(context), dockerfile="Containerfile", tag=IMAGE, buildargs={"BASE": BASE}, decode=True)
        )
        assert not any("error" in line for line in said), said[-1]
        shutil.rmtree(folder)
        yield engine


def ran(
    engine: Dockerd, arguments: list[str], *, mounts: dict[str, str], env: dict[str, str], entry: bool = True
) -> tuple[int, bytes]:
    """Run the image to its end, with what a pod of the manifests has and no more. Gives the exit code and what was said."""
    client = engine.client()
    host = {
        "read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges"], "tmpfs": {"/tmp": "mode=1777"},
        "network_mode": "host", "binds": [f"{here}:{there}" for there, here in mounts.items()],
    }  # fmt: skip
    more: dict[str, Any] = {} if entry else {"entrypoint": arguments[:1]}
    made = engine.create("run", IMAGE, arguments if entry else arguments[1:], host=host, environment=env, **more)
    try:
        code = client.wait(made)["StatusCode"]
        return code, client.logs(made)
    finally:
        engine.remove(made)


def test_the_image_is_of_nobody_and_holds_nothing_to_build_with(engine: Dockerd) -> None:
    about = engine.client().inspect_image(IMAGE)
    assert about["Config"]["User"] == "10001:10001"
    assert about["Config"]["Entrypoint"] == ["python3", "-m", "rkedoc"]
    tools = "apt apt-get pip pip3 gcc cc make git curl wget ssh-keygen"
    script = f"for tool in {tools}; do command -v $tool; done; id -u; touch /x 2>/dev/null || echo closed; command -v sleep; command -v cat"
    code, said = ran(engine, ["sh", "-c", script], mounts={}, env={}, entry=False)
    assert (code, said.decode().split()) == (0, ["10001", "closed", "/usr/bin/sleep", "/usr/bin/cat"])
    modules = (
        "import importlib.util as u; print([n for n in ('pip', 'setuptools', 'pytest', 'ensurepip') if u.find_spec(n)])"
    )
    assert ran(engine, ["python3", "-c", modules], mounts={}, env={}, entry=False)[1].strip() == b"[]"


def test_it_collects_with_the_account_and_the_arguments_of_the_pod(
    engine: Dockerd, recording: Callable[[str], Path], tmp_path: Path
) -> None:
    api = api_of(recording("rke-single-node"))
    with running(api) as url:
        options = CollectOptions(kubeconfig=kubeconfig(tmp_path, url), engine="none")
        printed = rights(options, progress=QuietProgress())
    ((_namespace, pod),) = pods_in(objects_of(REQUESTS["the API alone"], read_rights(printed)))
    arguments = pod["initContainers"][0]["args"]
    result = tmp_path / "result"
    result.mkdir(mode=0o777)
    result.chmod(0o777)
    ours = authority(tmp_path / "ours")
    account = tmp_path / "account"
    account.mkdir()
    (account / "token").write_text("t0ken")
    shutil.copy(ours / "ca.pem", account / "ca.crt")
    for path in (account, account / "token", account / "ca.crt"):
        path.chmod(0o755)
    for part in (tmp_path, *tmp_path.parents[:3]):
        part.chmod(0o755)
    before = len(api.requests)
    for port in serving(api, ours, client_certificates=False):
        env = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(port)}
        mounts = {"/result": str(result), f"{ACCOUNT}:ro": str(account)}
        code, said = ran(engine, [*arguments, "--strict"], mounts=mounts, env=env)
    assert (code, said) == (0, b"")
    (file,) = result.iterdir()
    report = validate(file, audit=partial(audit, words=Redactor()))
    assert report.findings == () and report.count > 100
    header = load(file).header
    assert header.cluster["name"] == REQUESTS["the API alone"].cluster
    assert {request.method for request in api.requests[before:]} == {"GET"}
    skipped = [after for name, after in itertools.pairwise(arguments) if name == "--skip"]
    assert "secrets" in skipped and not any(request.path.endswith("/secrets") for request in api.requests[before:])


def test_it_says_what_it_is(engine: Dockerd) -> None:
    code, said = ran(engine, ["explain", "-o", "json", "kubelet"], mounts={}, env={})
    assert code == 0 and json.loads(said)
