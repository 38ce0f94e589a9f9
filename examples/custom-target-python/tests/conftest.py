"""A region, as Lambda gives it to the handler, and credentials that are nobody's."""

import os

os.environ["AWS_DEFAULT_REGION"] = "eu-west-1"
os.environ["AWS_ACCESS_KEY_ID"] = "nobody"
os.environ["AWS_SECRET_ACCESS_KEY"] = "nothing"
