"""Two dashboards and the receiver of pushes behind docs/deployment/nginx.conf, in a real nginx with TLS."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from core.adapters.store import open_store
from core.cli.webhook_server import webhook
from tests.http_servers import serving
from tests.server.client import Run, dashboard, opened
from tests.server.test_direct_urls import SIGN_IN
from tests.stores import load

CONFIG = Path(__file__).parents[2] / "docs" / "deployment" / "nginx.conf"
COOKIE = "refill_dashboard"
ANSWERS_WITHIN_SECONDS = 10
SAFETY_HEADERS = {
    "strict-transport-security",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "permissions-policy",
}

pytestmark = pytest.mark.server


class Deployment(NamedTuple):
    """The proxy's address, what its plain port is, and what ends one of its dashboards."""

    address: str
    plain: str
    trust: ssl.SSLContext
    dashboards: dict[str, ExitStack]

    def get(self, path: str, **options: object) -> httpx.Response:
        return httpx.get(f"https://{self.address}{path}", verify=self.trust, **options)  # type: ignore[arg-type]

    def opened(self, dashboard_: str) -> Run:
        """What a browser gets that was given one of the dashboards before."""
        (run,) = opened(self.address, "costs", ssl=self.trust, additional_headers={"Cookie": f"{COOKIE}={dashboard_}"})
        return run


@pytest.fixture
def nginx() -> str:
    """The proxy's program; without one these tests are skipped by name, and fail in CI."""
    path = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if path is None:
        reason = "no nginx on this machine: install it, or run `make test` where apt can"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return str(path)


@pytest.fixture
def deployment(nginx: str, sqlite_url: str, tmp_path: Path) -> Iterator[Deployment]:
    store = open_store(sqlite_url)
    load(store)
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(SIGN_IN)
    trust = _certificate(tmp_path)
    with ExitStack() as stack:
        dashboards = {name: stack.enter_context(ExitStack()) for name in "ab"}
        servers = {
            name: held.enter_context(dashboard(sqlite_url, STREAMLIT_SECRETS_FILES=str(secrets)))
            for name, held in dashboards.items()
        }
        receiver = stack.enter_context(serving(webhook(store, "127.0.0.1", 0))).removeprefix("http://")
        ports = {"8443": _free_port(), "8080": _free_port()}
        places = {"dashboard-a:8501": servers["a"], "dashboard-b:8501": servers["b"], "webhook:8502": receiver}
        config = tmp_path / "nginx.conf"
        config.write_text(_for_this_machine(CONFIG.read_text(), ports, places, tmp_path))
        command = [nginx, "-p", str(tmp_path), "-c", str(config), "-g", "daemon off;"]
        proxy = stack.enter_context(subprocess.Popen(command))
        stack.callback(proxy.terminate)
        made = Deployment(f"127.0.0.1:{ports['8443']}", f"127.0.0.1:{ports['8080']}", trust, dashboards)
        _wait_for(made)
        yield made
    store.close()


def _certificate(folder: Path) -> ssl.SSLContext:
    """A certificate for this machine alone, and what trusts it."""
    names = {"fullchain.pem": "-out", "privkey.pem": "-keyout"}
    files = [part for name, option in names.items() for part in (option, str(folder / name))]
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, *files],
        check=True,
        capture_output=True,
    )
    return ssl.create_default_context(cafile=folder / "fullchain.pem")


def _for_this_machine(config: str, ports: dict[str, int], places: dict[str, str], folder: Path) -> str:
    """The configuration with other ports and names, and nothing else changed."""
    for port, ours in ports.items():
        config = config.replace(f"listen {port}", f"listen 127.0.0.1:{ours}")
    for place, ours_ in places.items():
        config = config.replace(place, ours_)
    return config.replace("/etc/nginx/certificates", str(folder)).replace("/tmp/nginx", f"{folder}/nginx")  # noqa: S108


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _wait_for(deployment: Deployment) -> None:
    deadline = time.monotonic() + ANSWERS_WITHIN_SECONDS
    while time.monotonic() < deadline:
        try:
            deployment.get("/_stcore/health").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the proxy does not answer")


def heading(run: Run) -> list[str]:
    return [heading.body for kind, heading in run.elements if kind == "heading"]


def test_a_stranger_gets_the_sign_in_through_the_proxy_and_is_kept_safe(deployment: Deployment) -> None:
    plain = httpx.get(f"http://{deployment.plain}/orders", follow_redirects=False)
    assert (plain.status_code, plain.headers["Location"][:8]) == (301, "https://")
    answer = deployment.get("/")
    assert answer.status_code == 200
    assert set(answer.headers) >= SAFETY_HEADERS
    assert "nginx/" not in answer.headers["Server"]
    assert all("Secure" in cookie for cookie in answer.headers.get_list("Set-Cookie"))
    assert heading(deployment.opened("a")) == ["Refill Day"]
    assert deployment.get("/_stcore/metrics").status_code == 404


def test_a_browser_keeps_its_dashboard(deployment: Deployment) -> None:
    given = [deployment.get("/").cookies[COOKIE] for _ in range(40)]
    assert set(given) == {"a", "b"}
    again = deployment.get("/", cookies={COOKIE: given[0]})
    assert COOKIE not in again.cookies
    assert deployment.get("/", cookies={COOKIE: "c"}).cookies[COOKIE] in {"a", "b"}


def test_the_other_dashboard_takes_over_when_one_is_gone(deployment: Deployment) -> None:
    deployment.dashboards["a"].close()
    assert heading(deployment.opened("a")) == ["Refill Day"]
    assert deployment.get("/", cookies={COOKIE: "a"}).status_code == 200


def test_too_much_is_refused_at_the_door(deployment: Deployment) -> None:
    big = b"x" * (11 * 1024 * 1024 + 1)
    upload = httpx.put(f"https://{deployment.address}/_stcore/upload_file/a/b", content=big, verify=deployment.trust)
    assert upload.status_code == 413
    push = httpx.post(f"https://{deployment.address}/events/x/y", content=b"x" * 1_100_000, verify=deployment.trust)
    assert push.status_code == 413
    with httpx.Client(verify=deployment.trust, base_url=f"https://{deployment.address}") as client:
        answers = [client.post("/events/alder/cedar", content=b"{}").status_code for _ in range(80)]
    assert answers[0] in {401, 403, 404}
    assert answers.count(429) > 10


def test_the_image_holds_the_program_and_nothing_of_a_clinic() -> None:
    """What the Dockerfile copies exists, and stores and secrets stay outside."""
    root = CONFIG.parents[2]
    copied = re.findall(r"^COPY (?!--from)(\S+)", (root / "Dockerfile").read_text(), re.MULTILINE)
    assert all((root / name).exists() for name in copied)
    kept = {line.removeprefix("!") for line in (root / ".dockerignore").read_text().splitlines() if line[:1] == "!"}
    assert {name.split("/")[0] if name not in kept else name for name in copied} <= kept
    assert not any("secrets" in name for name in kept)
