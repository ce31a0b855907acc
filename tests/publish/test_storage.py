"""The sites from storage that serves: the command of the guide word for word, against a server that speaks S3, read in a browser."""

from __future__ import annotations

import json
import os
import re
import subprocess
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from rkedoc.publish.purge import purge
from rkedoc.publish.run import publish
from tests.publish.test_publish import with_image
from tests.support.days import write_day
from tests.support.s3 import S3, s3

__all__ = ["s3"]

GUIDE = Path(__file__).parents[2] / "docs" / "howto" / "hosting.md"


@pytest.mark.s3
@pytest.mark.browser
def test_sites_are_read_from_a_bucket(s3: S3, browser: Browser, tmp_path: Path) -> None:
    site = tmp_path / "SITE"
    for cluster in ("shop", "payments"):
        publish([write_day(tmp_path / "days", "2026-10-02", with_image("2.0"), cluster=cluster)], site)
    found = re.search(r"^\$ (aws s3 sync .*)$", GUIDE.read_text("utf-8"), re.MULTILINE)
    assert found is not None
    bucket = s3.bucket("sites").removeprefix("s3://")
    command = found[1].replace("BUCKET", bucket)
    environment = {
        **os.environ, **s3.environment, "HOME": str(tmp_path), "PATH": f"{s3.python.parent}{os.pathsep}{os.environ['PATH']}",
    }  # fmt: skip

    def put() -> None:
        subprocess.run(
            ["bash", "-c", command], cwd=tmp_path, env=environment, check=True, capture_output=True, timeout=300
        )

    def keys() -> set[str]:
        with urllib.request.urlopen(f"{s3.endpoint}/{bucket}?list-type=2&max-keys=1000") as answer:  # noqa: S310
            return set(re.findall(r"<Key>clusters/([^<]*)</Key>", answer.read().decode()))

    anybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [anybody]})
    subprocess.run(
        [str(s3.python.parent / "aws"), "s3api", "put-bucket-policy", "--bucket", bucket, "--policy", policy], env=environment, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    put()
    files = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    assert keys() == {name for name in files if not name.startswith(".rkedoc/")}
    root = f"{s3.endpoint}/{bucket}/clusters"
    errors: list[str] = []
    page = browser.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("requestfailed", lambda request: errors.append(request.url))
    page.goto(f"{root}/index.html")
    page.locator("#find").type("web:2")
    page.wait_for_selector("#found a")
    answered = page.goto(page.locator("#found a").first.evaluate("link => link.href"))
    assert answered is not None
    assert answered.status == 200
    page.goto(f"{root}/shop/latest/search.html?q=web")
    page.wait_for_selector("#search-results a")
    page.goto(f"{root}/shop/2026-10-02/index.html")
    page.wait_for_selector("main svg")
    page.close()
    assert errors == []
    purge(site, "payments")
    put()
    assert "payments" not in {name.partition("/")[0] for name in keys()}
