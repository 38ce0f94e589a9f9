"""Secrets that rotate themselves: a password of one's own, and a user of a PostgreSQL database."""

from aws_cdk import App

from stacks import DatabaseStack, PasswordStack

app = App()
PasswordStack(app, "RotatingSecretPassword")
DatabaseStack(app, "RotatingSecretDatabase")
app.synth()
