"""Runs one scenario with the published `agentchatme` of PyPI.

Arguments: `sync` or `async`, the scenario's name, and where the hub stands as {"http": …, "ws": …}. Talks with the
harness in lines of JSON over standard input and output; ends with an error as soon as something is not as it must be.
"""

import asyncio
import inspect

import agentchatme

import accounts
import files
import groups
import hooks
import messages
import people
import realtime
import talk
import transport
from hub import KIND, SCENARIO, fact, used

PARTS = [accounts, people, messages, groups, files, hooks, transport, realtime, talk]
SCENARIOS = {name: scenario for part in PARTS for name, scenario in part.SCENARIOS.items()}
REALTIME = {*realtime.SCENARIOS, *talk.SCENARIOS}


def methods(name, *classes):
    """The public methods of the one class in its two kinds, which differ in how they are closed."""
    kinds = [{"close" if method == "aclose" else method for method in dir(one) if method[0] != "_"} for one in classes]
    assert all(kind == kinds[0] for kind in kinds), "both kinds have the same methods"
    return {f"{name}.{method}" for method in kinds[0]}


def everything():
    """Every public name of the SDK that does something: functions, errors, and the methods of its clients."""
    exports = {name: getattr(agentchatme, name) for name in agentchatme.__all__}
    errors = {name for name, it in exports.items() if inspect.isclass(it) and issubclass(it, Exception)}
    functions = {name for name, it in exports.items() if inspect.isfunction(it)}
    return (
        errors
        | functions
        | methods("client", agentchatme.AgentChatClient, agentchatme.AsyncAgentChatClient)
        | methods("transport", agentchatme.HttpTransport, agentchatme.AsyncHttpTransport)
        | methods("RealtimeClient", agentchatme.RealtimeClient)
    )


def coverage():
    """Whether some scenario says that it uses each of them. That it does is checked when it has run."""
    known = everything()
    assert len(known) > 80, "the SDK has been looked into"
    scenarios = SCENARIOS
    if KIND == "sync":
        # The realtime client is the other kind's alone, and so are the scenarios about it.
        scenarios = {name: scenario for name, scenario in SCENARIOS.items() if name not in REALTIME}
        known = {name for name in known if not name.startswith("RealtimeClient.")}
    claimed = {name for _, uses in scenarios.values() for name in uses}
    assert not known - claimed, f"used by no scenario: {sorted(known - claimed)}"
    strange = {name for name in claimed - known if KIND == "async" or not name.startswith("RealtimeClient.")}
    assert not strange, f"not of the SDK: {sorted(strange)}"
    fact("scenarios", names=sorted(scenarios))


if SCENARIO == "coverage":
    coverage()
else:
    run, uses = SCENARIOS[SCENARIO]
    asyncio.run(run())
    assert not set(uses) - used, f"claimed and not used: {sorted(set(uses) - used)}"
fact("done", scenario=f"{KIND} {SCENARIO}")
