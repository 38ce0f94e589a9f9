"""Parses the examples in the docstrings of the installed package, as help() shows them, and prints how many there are."""

import ast
import inspect
import re
import textwrap

import cdk_rotating_secret

EXAMPLE = re.compile(r"Example::\n\n((?:[ \t]+.*\n|\n)+)")


def documented():
    for name in cdk_rotating_secret.__all__:
        thing = getattr(cdk_rotating_secret, name)
        yield name, thing
        for member in vars(thing):
            if not says_cdk(thing, member):
                yield f"{name}.{member}", getattr(thing, member)


def says_cdk(thing, member):
    """jsii repeats what a struct inherits, with CDK's own words, which are translated only where the compiler has CDK's examples."""
    return any(hasattr(base, member) for base in thing.__mro__[1:] if base.__module__.startswith("aws_cdk"))


count = 0
for name, thing in documented():
    for example in EXAMPLE.findall(f"{inspect.getdoc(thing) or ''}\n"):
        count += 1
        try:
            ast.parse(textwrap.dedent(example))
        except SyntaxError as error:
            raise SystemExit(f"the example of {name} isn't Python, as help() shows it: {error}\n{example}")
print(count)
