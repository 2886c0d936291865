"""A site with rulebooks alone: two regimes, one of them in two versions."""

from __future__ import annotations

from pathlib import Path


def seed() -> None:
    """Publish them."""
    from shidian.apps.supervision.publish.library import publish_library
    from shidian.apps.supervision.publish.refresh import publish_everything
    from shidian.core.rulebook.load import load_file, load_text

    text = Path("rulebooks/demo-city.yaml").read_text(encoding="utf-8")
    newer = load_text(
        text.replace('version: "2026.1"', 'version: "2026.2"').replace(
            "starts: notice.opened, length: 5", "starts: notice.opened, length: 7"
        ),
        name="demo-city.yaml",
        resolve=lambda name: Path(f"rulebooks/{name}.yaml").read_text(encoding="utf-8"),
    )
    publish_library(
        [load_file("rulebooks/demo-city.yaml"), load_file("rulebooks/eu-dlt.yaml"), newer]
    )
    publish_everything()
