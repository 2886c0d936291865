"""The offline bundle installs where there is no network, and serves the demonstration from there."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from typing import TYPE_CHECKING

import pytest

from tests.browser import ROOT, free_port

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.prove

SERVED = """
set -e
ip link set lo up 2>/dev/null || true
if {python} -c "import urllib.request; urllib.request.urlopen('https://pypi.org', timeout=3)" 2>/dev/null; then
  echo "there is a network" >&2; exit 3
fi
cd {tree}
./install {python}
.venv/bin/python -m demo >{log} 2>&1 &
demo=$!
for _ in $(seq 240); do
  sleep 1
  kill -0 $demo || {{ cat {log} >&2; exit 4; }}
  if {python} - <<'END'
import urllib.request
try:
    page = urllib.request.urlopen("http://{web}/", timeout=5).read().decode()
except OSError:
    raise SystemExit(1)
raise SystemExit(0 if "试点" in page else 1)
END
  then
    kill $demo
    wait $demo || true
    echo served
    exit 0
  fi
done
cat {log} >&2
exit 5
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle, made and unpacked."""
    folder = tmp_path_factory.mktemp("bundle")
    subprocess.run([ROOT / "scripts" / "bundle", folder], cwd=ROOT, check=True)
    (packed,) = folder.glob("*.tar.gz")
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    packed.unlink()
    return folder / packed.name.removesuffix(".tar.gz")


def test_a_bundle_installs_and_serves_the_demonstration_without_a_network(
    tree: Path, tmp_path: Path
) -> None:
    web, gate = (f"127.0.0.1:{free_port()}" for _ in range(2))
    script = SERVED.format(
        python=sys.base_prefix + "/bin/python3", tree=tree, log=tmp_path / "log", web=web
    )
    # Outside of everything that this checkout and this user have: an empty environment and home.
    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", script],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "SHIDIAN_FONTS": str(tmp_path / "fonts"),
            "SHIDIAN_HOME": str(tmp_path / "home"),
            "SHIDIAN_WEB_BIND": web,
            "SHIDIAN_GATE_BIND": gate,
            "SHIDIAN_GATE_URL": f"http://{gate}",
        },
        capture_output=True,
        text=True,
        timeout=560,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert done.stdout.splitlines()[-1] == "served"
    assert len(list((tmp_path / "fonts").glob("*.ttc"))) == 4


def test_a_bundle_that_was_changed_on_its_way_is_not_installed(tree: Path, tmp_path: Path) -> None:
    wheel = next((tree / "wheels").glob("django-*.whl"))
    content = wheel.read_bytes()
    wheel.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    try:
        done = subprocess.run(
            [tree / "install"], env=os.environ, capture_output=True, text=True, check=False
        )
    finally:
        wheel.write_bytes(content)
    assert done.returncode == 1
    assert "copy it again" in done.stderr
    assert wheel.name in done.stdout
