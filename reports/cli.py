"""The command line. Options are declared here; what a command does is imported when it is called,
so that ``--help`` needs neither simulators nor pandas nor matplotlib."""

from __future__ import annotations

import os
import sys
import warnings
from typing import Any

import click

from spikebridge.bridge.shown import plain
from spikebridge.reference.version import __version__
from spikebridge.reports.commands.completion import SHELLS, script
from spikebridge.reports.commands.last_resort import FAULT, fault, open_streams
from spikebridge.reports.commands.options import (
    ANY_SCHEME,
    ENGINE,
    SUBJECT,
    changes,
    completes,
    experiment_changes,
    formats,
    limit,
    regime,
    scheme,
)

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_MODEL = "MODEL|EXPERIMENT.toml"
# as the registry has them, which takes numpy to ask; tests hold the two together
DEFAULT_ENGINES = "reference brian2 neuron"
VARIANTS = "brian2_cython, brian2_numpy, brian2_standalone, coreneuron, neuron_hh, neuron_hh_notable"
# of a whole command: the worst of several counts, 70, 2, 1, 3, 4, 0
_STATUSES = "1 a proven disagreement or a change; 2 bad input or usage; 3 an engine did not run; 4 undecided; 70 a fault of ours"


class _Commands(click.Group):
    """The commands; where the reader of a pipe has left, the status a shell gives, not click's 1: a disagreement."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            status = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            _discard_output()
            raise click.exceptions.Exit(141) from None
        return status


def _discard_output() -> None:
    """Or Python tries again to write it when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(
    cls=_Commands,
    context_settings=_CONTEXT,
    epilog=f"Exit status: 0 all agree; {_STATUSES}.",
)
@click.version_option(__version__, prog_name="spikebridge")
def cli() -> None:
    """Do two simulators compute the same neuron, and if not, where and why?"""


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def models(as_json: bool) -> int:
    """The catalogue: models, and the mechanisms they are made of."""
    from spikebridge.reports.commands.catalogue import list_models

    return list_models(as_json)


@cli.command()
@click.argument("model", shell_complete=SUBJECT)
@click.option(
    "--as",
    "target",
    type=click.Choice(["toml", "brian2", "nmodl", "numpy", "latex", "html"]),
    default="toml",
    help="What to translate to; html is one page with equations, tables and the default experiment.  [toml]",
)
@regime
def show(model: str, target: str, regime: str | None) -> int:
    """A definition, or its translation."""
    from spikebridge.reports.commands.catalogue import show_model

    return show_model(model, target, regime)


@cli.command()
@click.argument("experiment", metavar=_MODEL, shell_complete=SUBJECT)
@click.option(
    "--engine",
    default="reference",
    metavar="NAME[=PYTHON]",
    shell_complete=ENGINE,
    help=f"One of {DEFAULT_ENGINES}. Also {VARIANTS}, and those of installed packages: see doctor. With =PYTHON it runs in another "
    "environment.  [reference]",
)
@scheme
@click.option("--output", type=click.Path(dir_okay=False), metavar="FILE.csv|.parquet", help="Write the samples.")
@changes
def run(experiment: str, engine: str, scheme: str | None, output: str | None, **changes: Any) -> int:
    """Run one experiment on one engine."""
    from spikebridge.reports.commands.run import run_experiment

    return run_experiment(experiment, engine, scheme, output, changes)


@cli.command()
@click.argument("experiment", metavar=f"[{_MODEL}]", required=False, shell_complete=SUBJECT)
@click.option("--all", "everything", is_flag=True, help="Every model of the catalogue, as a matrix.")
@click.option(
    "--engine",
    "engines",
    multiple=True,
    metavar="NAME[=PYTHON]",
    shell_complete=ENGINE,
    help=f"An engine that takes part; may be repeated. Also {VARIANTS}, and those of installed packages: see doctor. With =PYTHON, as "
    f"in neuron=/other/venv/bin/python, it runs in another environment, and another version takes part.  [{DEFAULT_ENGINES}]",
)
@click.option(
    "--scheme",
    "schemes",
    multiple=True,
    metavar="ENGINE=NAME",
    shell_complete=ANY_SCHEME,
    help="A scheme of an engine, or ENGINE=all; may be repeated.",
)
@click.option(
    "--recording",
    "recordings",
    multiple=True,
    metavar="NAME=FILE[,FILE...][:COLUMN]",
    help="Samples from elsewhere that take part under that name, of the observed signal or of COLUMN: text (.csv, .txt, .dat), .npz, "
    ".parquet, .nwb, .abf; may be repeated. Several files are of one experiment at different steps.",
)
@click.option(
    "--program",
    "programs",
    multiple=True,
    metavar="NAME=SCRIPT.py[:COLUMN][@PYTHON]",
    help="Your own script, which takes part under that name: it is run, as you would run it, at smaller and smaller steps (it finds the step "
    "in SPIKEBRIDGE_DT, in ms), in its own folder and with the rights you have; may be repeated. Its arrays t and v, Brian2's "
    "monitors and NEURON's vectors are read, or the COLUMN of them; @PYTHON is that of another environment.",
)
@click.option(
    "--columns",
    metavar="NAMES",
    help='What the columns of the recordings are called, where their files do not say so: "t (ms),v (mV),-"; - leaves one out.',
)
@click.option("--quick", is_flag=True, help="Leave out the convergence ladder of fixed steps.")
@click.option(
    "--output",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="Where to write the report, or with --all an index and a page a model.  [spikebridge-output/NAME]",
)
@formats
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document; write a report only with --output.")
@changes
def compare(experiment: str | None, everything: bool, engines: tuple[str, ...], schemes: tuple[str, ...], **options: Any) -> int:
    """Run one experiment on several engines and say whether they agree."""
    if everything and experiment is None:
        from spikebridge.reports.commands.grid import compare_catalogue

        return compare_catalogue(engines, schemes, **options)
    if everything or experiment is None:
        raise click.UsageError("Give one experiment, or --all." if everything else f"Missing argument '{_MODEL}', or --all.")
    from spikebridge.reports.commands.compare import compare_engines

    return compare_engines(experiment, engines, schemes, **options)


@cli.command()
@click.argument("suite", metavar="[SUITE.toml]", required=False)
@click.option(
    "--baseline",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="What was found before.  [the suite's, or baseline beside it]",
)
@click.option("--update", is_flag=True, help="Make what is found now the baseline, and say what changed.")
@formats
@click.option("--output", type=click.Path(file_okay=False), metavar="DIR", help="Write a page for every experiment.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@limit
def check(**options: Any) -> int:
    """Run a suite of experiments and say what is no longer as it was."""
    from spikebridge.reports.commands.check import check_suite

    return check_suite(**options)


@cli.command(epilog=f"Exit status: 0 all claims pass; {_STATUSES}.")
@click.argument("names", metavar="[NAME]...", nargs=-1, shell_complete=completes("figure"))
@click.option("--all", "everything", is_flag=True, help="Every figure, and one page with them all.")
@click.option(
    "--engine",
    "engines",
    multiple=True,
    metavar="NAME",
    shell_complete=ENGINE,
    help=f"An engine that is held to the claims; may be repeated.  [{DEFAULT_ENGINES}]",
)
@click.option("--output", type=click.Path(file_okay=False), metavar="DIR", help="Where to write.  [spikebridge-output/gallery]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document; write figures only with --output.")
@limit
def figure(names: tuple[str, ...], everything: bool, engines: tuple[str, ...], **options: Any) -> int:
    """Make textbook figures and hold every engine to what they claim; without a name, list them.

    NAME is one of the gallery or a figure file.
    """
    if everything and names:
        raise click.UsageError("Give names of figures, or --all.")
    from spikebridge.reports.commands.figure import make_gallery

    return make_gallery(names, everything, engines, **options)


@cli.command()
@click.argument("experiment", metavar=_MODEL, shell_complete=SUBJECT)
@click.option(
    "--to", "folder", required=True, type=click.Path(file_okay=False), metavar="DIR", help="Where to write the scripts."
)
@click.option(
    "--engine",
    "engines",
    multiple=True,
    metavar="NAME",
    shell_complete=ENGINE,
    help=f"An engine whose script is wanted; may be repeated. Also brian2_cython, brian2_numpy.  [{DEFAULT_ENGINES}]",
)
@click.option(
    "--scheme",
    "schemes",
    multiple=True,
    metavar="ENGINE=NAME",
    shell_complete=ANY_SCHEME,
    help="The scheme of an engine; may be repeated.",
)
@experiment_changes
def export(experiment: str, folder: str, engines: tuple[str, ...], schemes: tuple[str, ...], **changes: Any) -> int:
    """Write one experiment as scripts that run without spikebridge: numpy, Brian2, NEURON with its mechanism."""
    from spikebridge.reports.commands.export import export_scripts

    return export_scripts(experiment, folder, engines, schemes, changes)


@cli.command(
    "import",
    epilog=f"Exit status: 0 all are proven; 4 also an import that does not prove itself; {_STATUSES}.",
)
@click.argument("files", metavar="FILE.mod...", nargs=-1, required=True, shell_complete=completes("file"))
@click.option(
    "--to", "folder", required=True, type=click.Path(file_okay=False), metavar="DIR", help="Where to write the definitions."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@limit
def import_(files: tuple[str, ...], folder: str, as_json: bool, limit_s: float) -> int:
    """Write mechanisms of NEURON's (.mod) as definitions, each proven against its original.

    Nothing of a file runs while it is read; then it is built and run in NEURON, without its VERBATIM blocks, beside the definition.
    """
    from spikebridge.reports.commands.import_files import import_files

    return import_files(files, folder, as_json, limit_s)


@cli.command()
@click.argument("experiment", metavar=_MODEL, shell_complete=SUBJECT)
@click.option(
    "--vary",
    required=True,
    metavar="NAME=START:STOP:COUNT[unit]",
    help="A parameter, a key of the stimulus or an initial value, by the names of --set, and its values.",
)
@click.option(
    "--engine",
    default="reference",
    metavar="NAME[=PYTHON]",
    shell_complete=ENGINE,
    help="The engine that runs it, in another environment's Python where that is given.  [reference]",
)
@scheme
@click.option("--output", type=click.Path(dir_okay=False), metavar="FILE.csv|.parquet", help="Write the table.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@changes
def sweep(experiment: str, vary: str, engine: str, scheme: str | None, output: str | None, as_json: bool, **changes: Any) -> int:
    """Run one experiment at many values of a parameter or of its stimulus."""
    from spikebridge.reports.commands.sweep import sweep_experiment

    return sweep_experiment(experiment, vary, engine, scheme, output, as_json, changes)


@cli.command()
@click.argument("a", shell_complete=SUBJECT)
@click.argument("b", shell_complete=SUBJECT)
@click.option(
    "--map", "names", metavar="THIS=THAT", multiple=True, help="Two symbols that are the same under other names; may be repeated."
)
@click.option("--at", metavar="NAME=VALUE", multiple=True, help="A value at all states, such as celsius=36; others are random.")
@click.option("--run", is_flag=True, help="Also solve both exactly under A's experiment: what the difference does.")
@click.option("--output", type=click.Path(file_okay=False), metavar="DIR", help="Write a page with both side by side.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def diff(a: str, b: str, names: tuple[str, ...], at: tuple[str, ...], run: bool, output: str | None, as_json: bool) -> int:
    """Do two definitions say the same? Equation by equation, and what makes one of the other; nothing is compiled.

    A and B are catalogue names or definition files, models or mechanisms.
    """
    from spikebridge.reports.commands.diff import diff_definitions

    return diff_definitions(a, b, names, at, run, output, as_json)


@cli.command()
@click.option("--check", is_flag=True, help="Look for damage, and remove what is damaged.")
@click.option("--clear", is_flag=True, help="Remove everything.")
@click.option("--limit", metavar='"500 MB"', help="Remove what was used longest ago until no more than this is left.")
def cache(check: bool, clear: bool, limit: str | None) -> int:
    """What simulators had compiled: how much there is, whether it is whole; empty it."""
    from spikebridge.reports.commands.cache import look_after_cache

    return look_after_cache(check, clear, limit)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def doctor(as_json: bool) -> int:
    """What is installed, what is missing, how to get it."""
    from spikebridge.reports.commands.doctor import examine

    try:
        from spikebridge.reports.commands.engine_findings import engine_findings, engine_packages
    except ImportError:  # a package is missing that spikebridge itself needs, and with it all engines
        return examine(as_json, ("brian2", "neuron"), ())
    return examine(as_json, engine_packages(), engine_findings())


@cli.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """What a shell reads to complete names of models, regimes, figures, engines and schemes.

    In bash: source <(spikebridge completion bash)
    """
    click.echo(script(cli, shell), nl=False)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its status; bad input is one line on stderr, never a traceback."""
    # what overflows or divides by nought is told in the result's own words
    warnings.simplefilter("ignore", RuntimeWarning)
    open_streams()
    try:
        status = cli.main(arguments, prog_name="spikebridge", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.message = plain(error.message, 600)  # type: ignore[misc]
        error.show()
        sys.exit(2)
    except Exception as error:
        sys.exit(_failed(error))
    sys.exit(status or 0)


def _failed(error: Exception) -> int:
    """The exit status of a failure, its message printed; one that nobody foresaw is a fault of ours."""
    from spikebridge.bridge.errors import BridgeError, NotRun
    from spikebridge.reference.exact import ExactError

    if isinstance(error, OSError) and error.strerror:
        # without a name it is standard output that could not be written
        if not error.filename:
            _discard_output()
        click.echo(f"spikebridge: {error.filename or 'standard output'}: {error.strerror}", err=True)
        return 2
    if isinstance(error, MemoryError):
        click.echo(
            "spikebridge: there is not enough memory for this; shorten the run, take a larger dt, or fewer values", err=True
        )
        return 2
    if not isinstance(error, (BridgeError, ExactError)):
        click.echo(f"spikebridge: {fault(error)}", err=True)
        return FAULT
    click.echo(f"spikebridge: {error}", err=True)
    return 3 if isinstance(error, NotRun) else 2
