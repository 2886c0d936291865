"""WSGI entry point: Django's pages measured 2-3 times faster here than under ASGI."""

from __future__ import annotations

import gc
import os

from django.core.wsgi import get_wsgi_application

from shidian.web.health import with_health

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shidian.web.settings")

application = with_health(get_wsgi_application())

# What is loaded by now stays for good: collections need not look through it while a page waits.
gc.collect()
gc.freeze()
