"""WSGI entry point: Django's pages measured 2-3 times faster here than under ASGI."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shidian.web.settings")

application = get_wsgi_application()
