"""Sections computed by workers: of a Dask cluster that is there, or of one on this machine.

Dask knows what each kept object was computed from, so that the section of a lost worker is done
again by another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from darlc.errors import InputError, TrainingError
from darlc.learn import on_disk
from darlc.learn.tasks import Handle, InProcess, Tasks

if TYPE_CHECKING:
    from distributed import Client, Future

#: Seconds to wait for a scheduler, and between two looks at whether it is still there.
CONNECT, _LOOK = 20, 2.0


class OnWorkers:
    """Computes sections by the workers of a Dask cluster.

    Parameters
    ----------
    client
        Connected to the scheduler.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self.address = client.scheduler_info()["address"]
        self._places: list[str] = []

    def keep(self, function: Callable[..., Any], *columns: Sequence[Any]) -> list[Handle]:
        """Return futures of what a function returns for each section; see `Tasks`.

        Workers take sections in turn, so that which worker has which does not depend on chance.
        """
        with self._connected():
            if self.client.status != "running":
                raise OSError("the connection is closed")
            self._places = sorted(self.client.nthreads())
        return self._submit(_keep, function, columns)

    def get(self, function: Callable[..., Any], *columns: Sequence[Any]) -> list[Any]:
        """Return what a function returns for each section; see `Tasks`."""
        futures = self._submit(on_disk.call, function, columns)
        with self._connected():
            for future in futures:
                self._wait(future)
            return list(self.client.gather(futures))

    def run(
        self, function: Callable[..., Iterator[Any]], *columns: Sequence[Any]
    ) -> Iterator[tuple[int, Any]]:
        """Yield what a generator yields last for each section; see `Tasks`."""
        futures = self._submit(_last, function, columns)
        for number, future in enumerate(futures):
            with self._connected():
                self._wait(future)
                value = future.result()
            yield number, value

    def _submit(
        self,
        how: Callable[..., Any],
        function: Callable[..., Any],
        columns: Sequence[Sequence[Any]],
    ) -> list[Future[Any]]:
        with self._connected():
            return [
                self.client.submit(how, function, *row, pure=False, **self._place(number))
                for number, row in enumerate(zip(*columns, strict=True))
            ]

    def _place(self, number: int) -> dict[str, Any]:
        """Return where a section is computed; by any worker if that one is lost."""
        if not self._places:
            return {}
        return {
            "workers": [self._places[number % len(self._places)]],
            "allow_other_workers": True,
        }

    def _wait(self, future: Future[Any]) -> None:
        """Wait for a future, as long as the scheduler is there."""
        from distributed import wait

        while not future.done():
            try:
                with self.client.as_current():
                    wait(future, timeout=_LOOK)
            except TimeoutError:
                if self.client.status != "running":
                    raise OSError("the connection is closed") from None

    @contextmanager
    def _connected(self) -> Iterator[None]:
        """Tell a lost scheduler, and a section that no worker could compute, as such."""
        from concurrent.futures import CancelledError

        from distributed import KilledWorker
        from distributed.client import ClosedClientError
        from distributed.comm.core import CommClosedError

        try:
            yield
        except KilledWorker as error:
            raise TrainingError(
                "search",
                "several workers were lost one after the other over the same section: give workers "
                "more memory, or start fewer of them on each machine.",
            ) from error
        except (CancelledError, ClosedClientError, CommClosedError, OSError) as error:
            raise TrainingError(
                "search",
                f"the connection to the scheduler at {self.address} is lost: start it again, and "
                "fit again.",
            ) from error


@contextmanager
def open_tasks(workers: int = 0, scheduler: str = "") -> Iterator[Tasks]:
    """Connect to where sections are computed; for a ``with`` statement.

    Parameters
    ----------
    workers
        Workers to start on this machine; 0 or 1 computes in this process.
    scheduler
        Address of a Dask scheduler that is there, such as ``tcp://node1:8786``; empty for none.

    Raises
    ------
    InputError
        Both are asked for, the package distributed is missing, or there is no scheduler.
    """
    if workers > 1 and scheduler:
        raise InputError("workers are started, or a scheduler is used: ask for one of them.")
    if workers <= 1 and not scheduler:
        yield InProcess()
        return
    try:
        from distributed import Client, LocalCluster
    except ModuleNotFoundError as error:
        raise InputError(
            f"the package {error.name} is missing: install napari-darlc[cluster]."
        ) from error
    if scheduler:
        try:
            client = Client(scheduler, timeout=CONNECT, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise InputError(f"there is no scheduler at {scheduler}: {error}") from error
        with client:
            yield OnWorkers(client)
        return
    with (
        LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=workers, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        Client(cluster, set_as_default=False) as client,  # type: ignore[no-untyped-call]
    ):
        yield OnWorkers(client)


def _last(function: Callable[..., Iterator[Any]], *row: Any) -> Any:
    *_, last = on_disk.call(function, *row)
    return last


def _keep(function: Callable[..., Any], *row: Any) -> Any:
    """Return what stays with a worker; what came to it does so too."""
    return on_disk.put(on_disk.keep(function, *row))
