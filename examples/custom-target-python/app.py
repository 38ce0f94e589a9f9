"""The key of an HTTP API, which takes the one before it until the next rotation."""

from aws_cdk import App

from stacks import ApiKeyStack

app = App()
ApiKeyStack(app, "RotatingSecretCustomTargetPython", key_api_url=app.node.try_get_context("keyApiUrl"))
app.synth()
