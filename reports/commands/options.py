"""Options that several commands share, and what a shell offers for their values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from spikebridge.reports.commands.completion import complete
from spikebridge.reports.formats.registry import FILES


def completes(what: str) -> Callable[[click.Context, click.Parameter, str], Any]:
    """What a shell offers for a value of that kind."""

    def offered(context: click.Context, parameter: click.Parameter, incomplete: str) -> Any:
        return complete(what, context, incomplete)

    return offered


SUBJECT, ENGINE, SCHEME, ANY_SCHEME = map(completes, ("subject", "engine", "scheme", "engine=scheme"))
regime = click.option(
    "--regime", metavar="NAME", help="One of the model's named parameter sets.", shell_complete=completes("regime")
)


limit = click.option(
    "--limit",
    "limit_s",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    default=300.0,
    help="Give up an engine's run after so long.  [300]",
)


def formats(command: Any) -> Any:
    """The options that write a result in other formats."""
    for each in reversed(FILES):
        command = click.option(f"--{each.name}", type=click.Path(dir_okay=False), metavar=each.takes, help=each.about)(command)
    return command


scheme = click.option(
    "--scheme", metavar="NAME", shell_complete=SCHEME, help="One of the engine's schemes; its default otherwise."
)


precision = click.option(
    "--precision",
    type=click.Choice(["float32", "float64"]),
    help="Compute in single or double precision; the exact solution stays in double.  [the experiment's, or float64]",
)


observe = click.option(
    "--observe",
    metavar="NAME",
    help="The state that verdict, measures and plots are about.  [the experiment's, or the membrane potential]",
)


def changes(command: Any) -> Any:
    """The options that change an experiment and its runs."""
    return limit(precision(observe(experiment_changes(command))))


def experiment_changes(command: Any) -> Any:
    """The options that change an experiment."""
    for option in (
        click.option("--dt", metavar='"0.01 ms"', help="Step of the fixed-step schemes."),
        click.option("--duration", metavar='"100 ms"', help="How long to run."),
        click.option(
            "--set",
            "settings",
            metavar='NAME="VALUE UNIT"',
            multiple=True,
            help="Change a parameter, a key of the stimulus (amplitude, or stimulus.2.amplitude of several) or an initial value "
            "(initial.v); may be repeated.",
        ),
        regime,
    ):
        command = option(command)
    return command
