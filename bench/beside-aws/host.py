"""What Lambda's Python runtime is to a function: one event a line on standard input, one reply a line on descriptor 3."""
import json
import logging
import os
import sys
import time

replies = os.fdopen(3, 'w', buffering=1)
sys.path.insert(0, os.environ['LAMBDA_TASK_ROOT'])
logging.getLogger().addHandler(logging.StreamHandler(sys.stdout))

from lambda_function import lambda_handler  # noqa: E402

# The templates name the certificate authorities of Amazon Linux. Here they are those of the server under test.
AUTHORITIES = '/etc/pki/tls/cert.pem'


def trusting(connect):
    def connect_with_authorities(*args, **kwargs):
        if kwargs.get('sslrootcert') == AUTHORITIES:
            kwargs['sslrootcert'] = os.environ['CERTIFICATE_AUTHORITIES']
        if (kwargs.get('ssl') or {}).get('ca') == AUTHORITIES:
            kwargs['ssl'] = {**kwargs['ssl'], 'ca': os.environ['CERTIFICATE_AUTHORITIES']}
        return connect(*args, **kwargs)
    return connect_with_authorities


for driver in ('pgdb', 'pymysql'):
    if driver in sys.modules:
        sys.modules[driver].connect = trusting(sys.modules[driver].connect)


class Context:
    aws_request_id = '1'

    def __init__(self):
        self.deadline = time.monotonic() + int(os.environ['TIMEOUT_MS']) / 1000

    def get_remaining_time_in_millis(self):
        return max(0, int((self.deadline - time.monotonic()) * 1000))


replies.write('{"ready":true}\n')
for line in sys.stdin:
    try:
        lambda_handler(json.loads(line), Context())
        replies.write('{}\n')
    except Exception as error:
        replies.write(json.dumps({'errorType': type(error).__name__, 'errorMessage': str(error)}) + '\n')
