"""A minimal runtime interface client: python3 runtime.py <module>.<function>"""
import importlib
import json
import os
import sys
import urllib.request

RUNTIME = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation/"
module, name = sys.argv[1].rsplit(".", 1)
handler = getattr(importlib.import_module(module), name)

while True:
    with urllib.request.urlopen(RUNTIME + "next") as response:
        request_id, event = response.headers["Lambda-Runtime-Aws-Request-Id"], json.load(response)
    try:
        path, reply = "/response", handler(event, None)
    except Exception as error:
        path, reply = "/error", {"errorType": type(error).__name__, "errorMessage": str(error), "stackTrace": []}
    urllib.request.urlopen(RUNTIME + request_id + path, data=json.dumps(reply).encode()).close()
