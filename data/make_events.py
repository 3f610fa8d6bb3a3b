#!/usr/bin/env python3
"""Makes the sample events in this folder from the series in the PyPI package vega_datasets 0.9.0.

    python3 -m venv /tmp/vega && /tmp/vega/bin/pip install vega_datasets==0.9.0
    /tmp/vega/bin/python data/make_events.py

Writes one file per series beside itself, one JSON object per line, oldest event first. Running it twice
gives the same bytes. README.md in this folder says what each series is and where it came from.
"""

import csv
import json
import pathlib
from datetime import datetime

import vega_datasets

SOURCE = pathlib.Path(vega_datasets.__file__).parent / "_data"
TARGET = pathlib.Path(__file__).parent

# The hourly series cover a year; one quarter of it is enough to work with and keeps the folder small.
HOURLY_END = datetime(2010, 4, 1)
# The daily series covers four years; one leap year of it is taken.
DAILY_YEAR = 2012


def event(identifier, subject, time, value):
    """One event. `id` is stable, so that publishing a file twice stores nothing twice."""
    return {"id": identifier, "subject": subject, "time": time, "value": value}


def temperatures(city, file):
    """The hourly temperatures of a city, in degrees Fahrenheit as the source gives them."""
    for row in rows(file):
        time = datetime.strptime(row["date"][:16], "%Y/%m/%d %H:%M")
        if time < HOURLY_END:
            yield event(
                f"{city}-temperature-{time:%Y%m%dT%H}",
                f"sensors.{city}.temperature",
                f"{time:%Y-%m-%dT%H:%M:%S}",
                float(row["temp"]),
            )


def weather(city, file):
    """The daily precipitation (mm) and wind speed (m/s) of a city."""
    for row in rows(file):
        time = datetime.strptime(row["date"], "%Y/%m/%d")
        if time.year == DAILY_YEAR:
            for quantity in ("precipitation", "wind"):
                yield event(
                    f"{city}-{quantity}-{time:%Y%m%d}",
                    f"sensors.{city}.{quantity}",
                    f"{time:%Y-%m-%dT%H:%M:%S}",
                    float(row[quantity]),
                )


def prices(file):
    """The price of each stock in US dollars, one per month, all tickers of a month together."""
    for row in rows(file):
        time = datetime.strptime(row["date"], "%b %d %Y")
        yield event(
            f"{row['symbol']}-price-{time:%Y%m%d}",
            f"prices.{row['symbol']}",
            f"{time:%Y-%m-%dT%H:%M:%S}",
            float(row["price"]),
        )


def rows(file):
    """The rows of a CSV file of the package."""
    with open(SOURCE / file, newline="", encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


def write(name, events):
    """Writes `events` in the order of their times and returns how many there are."""
    ordered = sorted(events, key=lambda one: (one["time"], one["id"]))
    if len({one["id"] for one in ordered}) != len(ordered):
        raise SystemExit(f"{name}: two events have the same id")
    with open(TARGET / name, "w", encoding="utf-8", newline="\n") as lines:
        for one in ordered:
            lines.write(json.dumps(one, separators=(",", ":")) + "\n")
    print(f"{name}: {len(ordered)} events")


if __name__ == "__main__":
    write("seattle-temperature.jsonl", temperatures("seattle", "seattle-temps.csv"))
    write("sanfrancisco-temperature.jsonl", temperatures("sanfrancisco", "sf-temps.csv"))
    write("seattle-weather.jsonl", weather("seattle", "seattle-weather.csv"))
    write("stock-prices.jsonl", prices("stocks.csv"))
