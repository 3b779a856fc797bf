"""The HTTP side: health, readiness, metrics, and Slack's own requests where there is no Socket Mode."""

from __future__ import annotations

import errno
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest

from bot.failures import ConfigurationError

Check = Callable[[], Awaitable[str]]
"""A readiness check: returns an empty string when well, else one sentence about what is wrong."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Route:
    """One more address, for instance POST /slack/events."""

    method: str
    path: str
    handler: Handler


def build(
    checks: Mapping[str, Check],
    *,
    remarks: Mapping[str, Check] | None = None,
    routes: tuple[Route, ...] = (),
    registry: CollectorRegistry = REGISTRY,
) -> web.Application:
    """Return the application: /healthz, /readyz, /metrics and the given routes.

    What `remarks` find stands in /readyz too, but Cairn stays ready with it.
    """

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def readyz(_: web.Request) -> web.Response:
        problems = {name: problem for name, check in checks.items() if (problem := await _asked(name, check))}
        said = {name: await _asked(name, check) or "ok" for name, check in (remarks or {}).items()}
        state = {name: problems.get(name, "ok") for name in checks} | said
        return web.json_response(
            {"status": "not ready" if problems else "ready", "checks": state},
            status=503 if problems else 200,
        )

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application(client_max_size=4 * 2**20)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    for route in routes:
        app.router.add_route(route.method, route.path, route.handler)
    return app


async def serve(
    app: web.Application, *, host: str = "127.0.0.1", port: int = 8080
) -> tuple[web.AppRunner, int]:
    """Start serving; returns the runner (call its `cleanup` at the end) and the port in use.

    Port 0 takes a free one. Raises ConfigurationError when the address cannot be taken.
    """
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except (OSError, OverflowError) as error:
        await runner.cleanup()
        raise ConfigurationError(_why_not(error, host, port)) from error
    taken = int(runner.addresses[0][1])
    log.info("http_serving", host=host, port=taken)
    return runner, taken


async def _asked(name: str, check: Check) -> str:
    """Return a check's problem; a check that breaks is a problem too."""
    try:
        return await check()
    except (OSError, RuntimeError, TimeoutError, ValueError) as error:
        log.warning("readiness_check_failed", check=name, error=str(error))
        return f"the check itself failed: {error}"


def _why_not(error: OSError | OverflowError, host: str, port: int) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is already in use; "
            "set CAIRN_HTTP_PORT to another one, or to 0 for any free one."
        )
    return f"Cairn cannot listen on {host}:{port} ({error}); check CAIRN_HTTP_HOST and CAIRN_HTTP_PORT."
