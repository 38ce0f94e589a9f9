"""A template that loses the password: it changes the password in the database before it keeps it. The harness has to notice."""
import json
import os

import boto3
import pgdb


def lambda_handler(event, context):
    client = boto3.client('secretsmanager', endpoint_url=os.environ['SECRETS_MANAGER_ENDPOINT'])
    secret, token = event['SecretId'], event['ClientRequestToken']
    if event['Step'] == 'setSecret':
        value = json.loads(client.get_secret_value(SecretId=secret)['SecretString'])
        password = client.get_random_password(ExcludePunctuation=True)['RandomPassword']
        connection = pgdb.connect(
            host=value['host'], port=value['port'], database=value['dbname'], user=value['username'], password=value['password'],
            sslmode='verify-full', sslrootcert='/etc/pki/tls/cert.pem')
        with connection.cursor() as cursor:
            cursor.execute('ALTER USER "%s" PASSWORD \'%s\'' % (value['username'], password))
        connection.commit()
        connection.close()
        pending = json.dumps({**value, 'password': password})
        client.put_secret_value(SecretId=secret, ClientRequestToken=token, SecretString=pending, VersionStages=['AWSPENDING'])
    elif event['Step'] == 'finishSecret':
        stages = client.describe_secret(SecretId=secret)['VersionIdsToStages']
        current = next(version for version, labels in stages.items() if 'AWSCURRENT' in labels)
        if current != token:
            client.update_secret_version_stage(
                SecretId=secret, VersionStage='AWSCURRENT', MoveToVersionId=token, RemoveFromVersionId=current)
