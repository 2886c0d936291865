"""The verification page in a real Chromium: it says yes to what is true, and where it is not, no."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shidian.core.record.leaf import decode
from shidian.core.record.reader import LogReader
from tests.browser import Visitor, build_home, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Route

    from tests.browser import Site

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = build_home(tmp_path_factory.mktemp("record") / "home", seed="tests.web.record_seed:seed")
    with serve(home) as served:
        yield served


@pytest.fixture(scope="module")
def leaves(site: Site) -> dict[str, int]:
    """Index by subject."""
    reader = LogReader(site.home / "record" / "tiles")
    read = reader.entries(reader.checkpoint().size)
    return {decode(data).subject: index for index, data in read}


@pytest.fixture
def visitor(site: Site, browser: Browser) -> Iterator[Visitor]:
    visitor = Visitor(browser, site.url, language="en")
    yield visitor
    visitor.close()


def verdict(visitor: Visitor, path: str) -> tuple[str, str]:
    """What the page comes to: `good`, `bad` or `open`, and everything it says."""
    page = visitor.open(path)
    page.wait_for_selector(".verdict.good, .verdict.bad, .verdict.open")
    state = str(page.get_attribute("#verify-verdict", "class")).removeprefix("verdict ")
    return state, page.inner_text("#verify")


def test_a_page_is_followed_from_its_badge_to_the_signature(visitor: Visitor) -> None:
    visitor.open("/calls/demo-city-1/").click(".proof a")
    visitor.page.wait_for_selector(".verdict.good")
    steps = visitor.page.locator("#verify-steps li")
    assert steps.count() == 4
    assert {one.get_attribute("class") for one in steps.all()} == {"good"}
    visitor.check_accessible()
    visitor.check_clean()


@pytest.mark.parametrize(
    ("language", "width", "dark"),
    [
        ("zh-hans", 360, True),
        pytest.param("en", 1440, False, marks=pytest.mark.prove),
    ],
)
def test_the_record_is_accessible_and_fits(  # noqa: PLR0917 - fixtures
    site: Site, browser: Browser, leaves: dict[str, int], language: str, width: int, dark: bool
) -> None:
    visitor = Visitor(browser, site.url, language=language, width=width, dark=dark)
    sealed = leaves["page/notice/n-1/1"]
    for path in ("/record/", f"/record/leaves/{sealed}/", f"/record/verify/?leaf={sealed}"):
        visitor.open(path)
        assert visitor.fits(), path
        visitor.check_accessible()
    visitor.page.wait_for_selector(".verdict.good")
    visitor.check_clean()
    visitor.close()


@pytest.mark.prove
def test_a_sealed_text_a_bare_checkpoint_and_a_key_of_ones_own_are_verified(
    visitor: Visitor, leaves: dict[str, int]
) -> None:
    state, told = verdict(visitor, f"/record/verify/?leaf={leaves['page/notice/n-1/1']}")
    assert (state, "SHA-256 of salt and text" in told) == ("good", True)
    assert verdict(visitor, "/record/verify/")[0] == "good"
    key = visitor.page.get_attribute("#verify", "data-keys") or ""
    visitor.page.fill("#verify-key", key)
    visitor.page.click("#verify-form button")
    visitor.page.wait_for_selector("text=Checked with the key that you entered")
    assert visitor.page.get_attribute("#verify-verdict", "class") == "verdict good"
    name = key.split("+")[0]
    other = f"{name}+3dfc0c5c+ASRHL0HFVr3ntK7D4sGGYQZjLv0hr4sp9yVJOGyRyYJA"
    visitor.page.fill("#verify-key", other)
    visitor.page.click("#verify-form button")
    visitor.page.wait_for_selector(".verdict.bad")


def changed(change: Callable[[bytes], bytes]) -> Callable[[Route], None]:
    """Answers with what the site gives, changed."""

    def answer(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=change(response.body()))

    return answer


def flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def another_hash(proof: bytes) -> bytes:
    """The first sibling hash with its first letter changed, still well-formed base64."""
    head, _, rest = proof.partition(b"\nindex ")
    index, _, hashes = rest.partition(b"\n")
    letter = b"A" if hashes[:1] != b"A" else b"B"
    return head + b"\nindex " + index + b"\n" + letter + hashes[1:]


def another_size(proof: bytes) -> bytes:
    """The checkpoint says one leaf more than was signed."""
    head, _, note = proof.partition(b"\n\n")
    origin, size, rest = note.split(b"\n", 2)
    return head + b"\n\n" + b"\n".join([origin, str(int(size) + 1).encode(), rest])


@pytest.mark.prove
@pytest.mark.parametrize(
    ("file", "change", "step", "told"),
    [
        ("text.json", lambda data: data.replace(b"n-1", b"n-2", 1), 1, "does not give the hash"),
        pytest.param(
            "salt.txt",
            lambda data: flip(data, 3),
            1,
            "does not give the hash",
            marks=pytest.mark.prove,
        ),
        (
            "leaf.json",
            lambda data: data.replace(b"n-1/1", b"n-1/2"),
            2,
            "does not lead to the root",
        ),
        ("leaf.tlog-proof", another_hash, 2, "does not lead to the root"),
        pytest.param(
            "leaf.tlog-proof", another_size, 2, "does not lead to the root", marks=pytest.mark.prove
        ),
        pytest.param(
            "leaf.tlog-proof",
            lambda data: data.replace(b"index ", b"index 1"),
            0,
            "of another leaf",
            marks=pytest.mark.prove,
        ),
        pytest.param(
            "leaf.tlog-proof", lambda data: data[:40], 0, "not in the form", marks=pytest.mark.prove
        ),
        ("leaf.tlog-proof", lambda data: data[:-8] + b"AAAAAA=\n", 3, ""),
    ],
)
def test_what_is_not_true_is_marked_at_its_step(  # noqa: PLR0917 - fixtures and cases
    visitor: Visitor,
    leaves: dict[str, int],
    file: str,
    change: Callable[[bytes], bytes],
    step: int,
    told: str,
) -> None:
    visitor.page.route(f"**/{file}", changed(change))
    state, said = verdict(visitor, f"/record/verify/?leaf={leaves['page/notice/n-1/1']}")
    assert state == "bad"
    assert told in said
    steps = visitor.page.locator("#verify-steps li").all()
    assert [one.get_attribute("class") for one in steps] == ["good"] * step + ["bad"]


@pytest.mark.prove
def test_a_browser_without_ed25519_says_how_far_it_came(
    visitor: Visitor, leaves: dict[str, int]
) -> None:
    visitor.page.add_init_script(
        "SubtleCrypto.prototype.importKey = () => Promise.reject(new DOMException('no', 'NotSupportedError'))"
    )
    state, told = verdict(visitor, f"/record/verify/?leaf={leaves['page/notice/n-1/1']}")
    assert state == "open"
    assert "cannot check the signature" in told
    classes = [one.get_attribute("class") for one in visitor.page.locator("#verify-steps li").all()]
    assert classes == ["good", "good", "good", "open"]


@pytest.mark.prove
def test_a_page_that_may_not_calculate_says_so(visitor: Visitor, leaves: dict[str, int]) -> None:
    visitor.page.add_init_script("Object.defineProperty(window, 'isSecureContext', {value: false})")
    state, told = verdict(visitor, f"/record/verify/?leaf={leaves['page/notice/n-1/1']}")
    assert state == "open"
    assert "secure (https) pages" in told


def test_without_scripts_the_page_tells_the_commands(
    site: Site, browser: Browser, leaves: dict[str, int]
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}/record/verify/?leaf={leaves['page/notice/n-1/1']}")
    assert "sha256sum" in page.inner_text("main")
    assert "shidian record verify" in page.inner_text("main")
    assert not page.locator("#verify").is_visible()
    context.close()
