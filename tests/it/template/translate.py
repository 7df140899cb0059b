"""Prints the CloudFormation template that SAM makes of the SAM template named by the argument.

Reads no account: the packages are where `sam deploy` would have put them.
"""

import json
import sys

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

PACKAGED = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
}

with open(sys.argv[1], encoding="utf-8") as source:
    template = yaml_parse(source.read())
for resource in template["Resources"].values():
    if resource["Type"] in PACKAGED:
        resource["Properties"][PACKAGED[resource["Type"]]] = {"Bucket": "packages", "Key": "one"}
session = boto3.Session(region_name="eu-central-1")
translated = Translator({}, Parser(), boto_session=session).translate(template, {})
json.dump(translated, sys.stdout)
