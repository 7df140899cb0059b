"""Prints what SAM makes of --parameter-overrides, and whether the template takes it.

Of each parameter that the argument names: the value, and whether its constraints allow it.
"""

import json
import re
import sys

from samcli.cli.types import CfnParameterOverridesType
from samtranslator.yaml_helper import yaml_parse

with open("template.yaml", encoding="utf-8") as source:
    declared = yaml_parse(source.read())["Parameters"]


def is_allowed(parameter, value):
    if value not in map(str, parameter.get("AllowedValues", [value])):
        return False
    if parameter["Type"] == "Number":
        is_number = re.fullmatch(r"-?[0-9]+", value) is not None
        least, most = parameter.get("MinValue", value), parameter.get("MaxValue", value)
        return is_number and int(least) <= int(value) <= int(most)
    # The whole of it, as CloudFormation does.
    is_of_form = re.fullmatch(parameter.get("AllowedPattern", r"[\s\S]*"), value) is not None
    return is_of_form and len(value) <= parameter.get("MaxLength", 4096)


given = CfnParameterOverridesType().convert((sys.argv[1],), None, None)
json.dump({name: [value, is_allowed(declared[name], value)] for name, value in given.items()}, sys.stdout)
