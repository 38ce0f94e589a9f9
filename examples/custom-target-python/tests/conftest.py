"""A region, as Lambda gives it to the handler, and credentials that are not real."""

import os

os.environ["AWS_DEFAULT_REGION"] = "eu-west-1"
os.environ["AWS_ACCESS_KEY_ID"] = "not-real"
os.environ["AWS_SECRET_ACCESS_KEY"] = "nothing"
