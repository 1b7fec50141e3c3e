import pytest

from arena.clock import now
from arena.errors import ProcessFailed
from arena.leaks.meter import month_before
from arena.leaks.monthly import MonthlyMeasurement, measure_apart


class Meter:
    def __init__(self, *measured: str) -> None:
        self.measured = set(measured)

    def is_measured(self, month: str) -> bool:
        return month in self.measured


async def test_last_month_is_measured_once():
    asked: list[str] = []

    async def measure(month: str) -> None:
        asked.append(month)

    monthly = MonthlyMeasurement(Meter(), measure=measure)  # type: ignore[arg-type]
    await monthly.look()
    await monthly.look()
    assert asked == [month_before(now())]
    await MonthlyMeasurement(Meter(*asked), measure=measure).look()  # type: ignore[arg-type]
    assert len(asked) == 1


async def test_a_measurement_that_fails_is_told():
    with pytest.raises(ProcessFailed, match="ended with 2"):
        await measure_apart("no month")
